import { useEffect, useState } from "react";
import type { Sample, Sampled, SampleSource } from "../sample/sample";

/** A sample of what is shown: the newest one that came, and whether a newer one is on its way. */
export interface SampleState {
  sample?: Sample;
  /** Why there is no newer one. */
  outcome?: Exclude<Sampled, { state: "ready" }>;
  waiting: boolean;
}

/** How long typing may pause before rows are asked for. */
const PAUSE = 300;
export const SAMPLED = 500;

export function useSample(
  source: SampleSource,
  wanted: { text: string; sync: string; stream: string } | undefined,
): SampleState {
  const [state, setState] = useState<SampleState & { of?: string }>({ waiting: false });
  const { text, sync, stream } = wanted ?? {};
  useEffect(() => {
    if (text === undefined || sync === undefined || stream === undefined) {
      return;
    }
    const stop = new AbortController();
    const of = `${sync}\n${stream}`;
    const timer = setTimeout(() => {
      setState((before) => (before.of === of ? { ...before, waiting: true } : { of, waiting: true }));
      source.take({ text, sync, stream, limit: SAMPLED }, stop.signal).then(
        (taken) => {
          if (!stop.signal.aborted) {
            setState((before) => after(before, of, taken));
          }
        },
        () => undefined,
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [source, text, sync, stream]);
  const own = state.of === `${sync ?? ""}\n${stream ?? ""}`;
  return own ? state : { waiting: wanted !== undefined };
}

function after(
  before: SampleState & { of?: string },
  of: string,
  taken: Sampled,
): SampleState & { of: string } {
  if (taken.state === "ready") {
    return { of, waiting: false, sample: taken.sample };
  }
  const kept = before.of === of && before.sample ? { sample: before.sample } : {};
  return { of, waiting: false, outcome: taken, ...kept };
}
