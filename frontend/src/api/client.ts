import createClient from "openapi-fetch";
import { platform } from "@/platform";
import { place, type Place } from "@/platform/place";
import { Problem } from "./problem";
import type { paths } from "./schema";

/** What this page shows besides its session with whatever it changes: `X-CSRF-Token`. */
let pageToken: string | undefined;

/** Keeps what `/me` and signing in answer. */
export function keepPageToken(token: string | null | undefined): void {
  pageToken = token ?? undefined;
}

const READS = new Set(["GET", "HEAD"]);

async function ask(request: Request): Promise<Response> {
  if (!READS.has(request.method) && pageToken !== undefined) {
    request.headers.set("X-CSRF-Token", pageToken);
  }
  return answered(platform.fetch(request, place()));
}

async function answered(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (!response.ok) {
    throw await Problem.of(response);
  }
  return response;
}

/** The agent of the chosen place. Whatever is not answered well is thrown as a `Problem`. */
export const agent = createClient<paths>({ baseUrl: platform.base, fetch: ask });

/** The agent of another place. */
export const agentAt = (at: Place) =>
  createClient<paths>({ baseUrl: platform.base, fetch: (request) => answered(platform.fetch(request, at)) });

/** What was answered; openapi-fetch's own error branch is never taken, since `ask` throws. */
export async function answer<T>(asked: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  const { data } = await asked.catch((thrown: unknown) => {
    throw isAbort(thrown) ? (thrown as Error) : Problem.from(thrown);
  });
  return data as NonNullable<T>;
}

const isAbort = (thrown: unknown): boolean => thrown instanceof DOMException && thrown.name === "AbortError";

/** Opens a stream of the agent's events, going on after the event `last`. */
export function openEvents(path: string, last: string | undefined, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (last !== undefined) {
    headers["Last-Event-ID"] = last;
  }
  return ask(new Request(new URL(path, platform.base), { headers, signal }));
}
