import { ArrowRight } from "lucide-react";
import { words } from "@/words";
import type { Difference } from "./differences";

const text = words.environments;

/** The keys that an environment changes: what the connection has, and what holds instead. */
export function Differences({ differences }: { differences: readonly Difference[] }) {
  if (differences.length === 0) {
    return <p className="text-12 text-fg-3">{text.nothing}</p>;
  }
  return (
    <dl className="mt-1 grid max-w-160 grid-cols-[160px_1fr] items-baseline gap-y-1">
      {differences.map(({ key, base, here }) => (
        <div key={key} className="contents">
          <dt className="truncate pr-3 text-fg-3" title={key}>
            {key}
          </dt>
          <dd className="data wrap-break-word">
            <span className={base === undefined ? "font-sans text-fg-3" : "text-fg-2"}>
              {base ?? text.notSet}
            </span>{" "}
            <ArrowRight size={12} aria-label={text.becomes} className="inline text-fg-3" />{" "}
            <span>{here}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
