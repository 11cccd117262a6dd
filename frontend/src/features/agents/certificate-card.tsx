import { Lock, ShieldAlert } from "lucide-react";
import { Fragment } from "react";
import { Checkbox } from "@/components/choice";
import { ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { Skeleton } from "@/components/skeleton";
import type { Certificate } from "@/platform/desktop-only";
import { words } from "@/words";

const text = words.agents.certificate;

interface CertificateCardProps {
  /** `undefined` until somebody has answered. */
  certificate: Certificate | null | undefined;
  problem: unknown;
  /** The fingerprint that was accepted. */
  accepted: string | undefined;
  onAccept: (fingerprint: string | undefined) => void;
}

/** Who answers at an address. What nobody vouches for is accepted by its fingerprint, or not at all. */
export function CertificateCard({ certificate, problem, accepted, onAccept }: CertificateCardProps) {
  if (problem != null) {
    return <ProblemPanel title={text.failed} problem={problem} />;
  }
  if (certificate === null) {
    return <p className="text-12 text-fg-2">{text.plain}</p>;
  }
  return (
    <section
      aria-label={text.title}
      aria-busy={certificate === undefined}
      className="min-h-36 rounded-3 border border-line-2 bg-surface-2 px-3 py-2.5 text-12"
    >
      {certificate === undefined ? (
        <>
          <p className="text-fg-3">{text.asking}</p>
          <Skeleton className="mt-3 w-48" />
          <Skeleton className="mt-3 w-64" />
        </>
      ) : (
        <Told certificate={certificate} accepted={accepted} onAccept={onAccept} />
      )}
    </section>
  );
}

function Told({
  certificate: { subject, issuer, notAfter, fingerprint, trusted },
  accepted,
  onAccept,
}: {
  certificate: Certificate;
  accepted: string | undefined;
  onAccept: (fingerprint: string | undefined) => void;
}) {
  const Sign = trusted ? Lock : ShieldAlert;
  const rows = [
    [text.subject, subject],
    [text.issuer, issuer],
    [text.until, <Moment key="until" at={notAfter} />],
    [text.fingerprint, <Fingerprint key="fingerprint" of={fingerprint} />],
  ] as const;
  return (
    <>
      <p className={trusted ? "flex gap-1.5 font-medium" : "flex gap-1.5 font-medium text-warn-text"}>
        <Sign size={14} aria-hidden className={trusted ? "mt-px text-ok" : "mt-px"} />
        {trusted ? text.trusted : text.untrusted}
      </p>
      <dl className="mt-2 grid grid-cols-[64px_1fr] gap-x-3 gap-y-1">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-fg-3">{name}</dt>
            <dd className="data min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
      {!trusted && (
        <Checkbox
          className="mt-2.5"
          checked={accepted === fingerprint}
          onChange={(now) => onAccept(now ? fingerprint : undefined)}
        >
          {text.accept}
        </Checkbox>
      )}
    </>
  );
}

/** A fingerprint that breaks between its bytes, so that it can be compared. */
const Fingerprint = ({ of }: { of: string }) =>
  of.split(":").map((byte, at) => (
    <Fragment key={at}>
      {at > 0 && ":"}
      {at > 0 && <wbr />}
      {byte}
    </Fragment>
  ));
