import { openEvents } from "./client";
import { eventReader, type ServerEvent } from "./events";
import { Problem } from "./problem";

/** How long is waited before a stream that broke is opened again, at first and at most. */
const FIRST = 500;
const LONGEST = 10_000;

interface Watched {
  path: string;
  signal: AbortSignal;
  onEvent: (event: ServerEvent) => void;
  /** Whether the last event was an end: then nothing is opened again. */
  isOver: () => boolean;
  /** The stream is broken, and opened again; or whole again. */
  onLink: (whole: boolean) => void;
}

/** Watches a stream of events until it is over, and opens it again by the last event's id when it breaks. */
export async function watch({ path, signal, onEvent, isOver, onLink }: Watched): Promise<void> {
  let last: string | undefined;
  let wait = FIRST;
  const isGone = () => signal.aborted;
  while (!isGone() && !isOver()) {
    try {
      const response = await openEvents(path, last, signal);
      onLink(true);
      wait = FIRST;
      await read(response, (event) => {
        last = event.id;
        onEvent(event);
      });
    } catch (thrown) {
      if (isGone()) {
        return;
      }
      const { status } = Problem.from(thrown);
      if (status >= 400 && status < 500 && status !== 429) {
        throw thrown;
      }
      onLink(false);
    }
    if (!isOver()) {
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST);
    }
  }
}

async function read(response: Response, tell: (event: ServerEvent) => void): Promise<void> {
  const events = eventReader();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value === undefined) {
      return;
    }
    events(piece.value).forEach(tell);
  }
}

const pause = (time: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, time);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
