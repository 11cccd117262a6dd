import { fromNow, inFull, moment } from "@/words/figures";
import { useNow } from "./now";

/** An instant: absolute, then relative where there is room; in full on hover. */
export function Moment({ at, relative = false }: { at: string; relative?: boolean }) {
  const now = useNow();
  return (
    <time dateTime={at} title={inFull(at)} className="figures">
      {moment(at, now)}
      {relative && `, ${fromNow(at, now)}`}
    </time>
  );
}
