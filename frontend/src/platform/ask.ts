import { invoke } from "@tauri-apps/api/core";
import type { Place } from "./place";
import { Refusal } from "./refusal";

/** Runs a command of the shell. */
export function command<T>(name: string, given: Record<string, unknown> = {}): Promise<T> {
  return invoke<T>(name, given).catch((thrown: unknown) => {
    throw Refusal.from(thrown);
  });
}

interface Answer {
  status: number;
  headers: [string, string][];
  /** The handle of the body, which is pulled; none where there is no body. */
  body: number | null;
}

/** A request through the shell, answered as `fetch` answers it: when the head is there, with a body that streams. */
export async function ask(request: Request, agent: Place): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  const { pathname, search } = new URL(request.url);
  const sent = await request.text();
  const asked = command<Answer>("ask", {
    agent,
    method: request.method,
    path: pathname + search,
    headers: [...request.headers],
    body: sent === "" ? null : sent,
  });
  const { status, headers, body } = await unlessAborted(asked, signal);
  return new Response(body === null ? null : stream(body, signal), { status, headers });
}

/** What was asked, or the abort: whatever answers after it is left. */
function unlessAborted(asked: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(reasonOf(signal));
      asked.then(
        ({ body }) => body !== null && leave(body),
        () => undefined,
      );
    };
    signal.addEventListener("abort", abort, { once: true });
    asked.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A body that is pulled piece by piece, and left when nobody reads it any more. */
function stream(body: number, signal: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  let abort: () => void;
  const over = () => signal.removeEventListener("abort", abort);
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        abort = () => {
          controller.error(reasonOf(signal));
          leave(body);
        };
        signal.addEventListener("abort", abort, { once: true });
      },
      async pull(controller) {
        const piece = await command<ArrayBuffer>("pull", { body });
        if (signal.aborted) {
          return;
        }
        if (piece.byteLength === 0) {
          over();
          controller.close();
        } else {
          controller.enqueue(new Uint8Array(piece));
        }
      },
      cancel() {
        over();
        leave(body);
      },
    },
    // Nothing is pulled before somebody reads.
    { highWaterMark: 0 },
  );
}

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");

/** A body that is gone already is no matter. */
const leave = (body: number): void => void command("leave", { body }).catch(() => undefined);
