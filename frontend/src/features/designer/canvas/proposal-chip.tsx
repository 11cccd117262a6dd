import { Check, X } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import type { Proposal } from "../automap/propose";

const text = words.designer;

/** A wire that auto-map proposes: how sure it is, and why. */
export const ProposalChip = memo(function ProposalChip(props: {
  proposal: Proposal;
  x: number;
  width: number;
  y: number;
  chosen: boolean;
  lifted: boolean;
}) {
  const { proposal, x, width, y, chosen, lifted } = props;
  const reason = text.reasons[proposal.reason];
  return (
    <div
      className="canvas-chip"
      style={{ left: x, top: y - 11, width }}
      data-item={`proposal:${proposal.target}`}
      data-target={proposal.target}
      {...(chosen && { "data-chosen": "" })}
      {...(lifted && { "data-lifted": "" })}
    >
      <span className="side min-w-0 flex-1 truncate" title={reason}>
        <b className="figures mr-1 font-semibold text-accent-text">{proposal.percent} %</b>
        {reason}
      </span>
      <button
        type="button"
        tabIndex={-1}
        data-accept=""
        aria-label={text.tools.accept}
        title={`${text.tools.accept} (Enter)`}
      >
        <Check size={12} strokeWidth={1.8} aria-hidden />
      </button>
      <button
        type="button"
        tabIndex={-1}
        data-refuse=""
        aria-label={text.tools.refuse}
        title={`${text.tools.refuse} (Del)`}
      >
        <X size={12} strokeWidth={1.8} aria-hidden />
      </button>
    </div>
  );
});
