/**
 * Samples by the agent's preview jobs: of the text as it is being edited, and from agents that cannot do that of the text that they have.
 */
import { agent, answer } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Job } from "@/api/types";
import { field, text } from "../catalog/catalog";
import { previewDraft } from "../catalog/drafts";
import { finished } from "@/api/finished-job";
import type { Cell, Failing, Row, Sample, Sampled, SampleRequest, SampleSource } from "./sample";

export function agentSamples(project: string, saved: string): SampleSource {
  let takesDrafts = true;
  const ofDraft = (request: SampleRequest, signal: AbortSignal) => {
    const { text: file, sync, stream, limit } = request;
    return previewDraft(project, { file, sync, stream, limit }, signal);
  };
  const ofSaved = ({ sync, stream, limit }: SampleRequest, signal: AbortSignal) =>
    answer(
      agent.POST("/api/v1/projects/{project}/syncs/{sync}/preview", {
        params: { path: { project, sync } },
        body: { stream, limit },
        signal,
      }),
    );
  return {
    take: async (request, signal) => {
      try {
        if (takesDrafts) {
          try {
            return await ready(await ofDraft(request, signal), signal);
          } catch (thrown) {
            if (Problem.from(thrown).status !== 404) {
              throw thrown;
            }
            takesDrafts = false;
          }
        }
        if (request.text !== saved) {
          return { state: "not_available", reason: "unsaved" };
        }
        return await ready(await ofSaved(request, signal), signal);
      } catch (thrown) {
        if (signal.aborted) {
          throw thrown;
        }
        const problem = Problem.from(thrown);
        return problem.status === 404
          ? { state: "not_available", reason: "not_known" }
          : { state: "failed", problem };
      }
    },
  };
}

async function ready(begun: Job, signal: AbortSignal): Promise<Sampled> {
  const started = performance.now();
  const result = await finished(begun, signal);
  const streams = field(result, "streams");
  const first: unknown = Array.isArray(streams) ? streams[0] : undefined;
  return {
    state: "ready",
    sample: { ...readSample(first), milliseconds: Math.round(performance.now() - started) },
  };
}

/** Reads one stream of a preview; numbers come as texts. */
export function readSample(found: unknown): Sample {
  const before = rows(field(found, "source"));
  return {
    before,
    after: rows(field(found, "mapped")),
    failing: list(field(found, "rejects")).map((reject) => failing(reject, before)),
    rejected: Number(field(found, "rejected") ?? 0),
    nulled: Number(field(found, "nulled") ?? 0),
  };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function rows(value: unknown): Row[] {
  return list(value).map((row) => cells(row as object));
}

function cells(row: object): Row {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, asCell(cell)]));
}

const asCell = (cell: unknown): Cell =>
  cell === null || cell === undefined ? null : typeof cell === "string" ? cell : JSON.stringify(cell);

function failing(reject: unknown, before: readonly Row[]): Failing {
  const [own, column, help] = [field(reject, "row"), field(reject, "column"), field(reject, "help")];
  const row = typeof own === "object" && own !== null ? placeOf(cells(own), before) : -1;
  return {
    code: text(field(reject, "code")),
    why: text(field(reject, "message")),
    ...(row >= 0 && { row }),
    ...(typeof column === "string" && { column }),
    ...(typeof help === "string" && { help }),
  };
}

/** Which of the rows this is: the one with the same values, in what both tell. */
function placeOf(row: Row, before: readonly Row[]): number {
  const names = Object.keys(row);
  return before.findIndex((other) =>
    names.every((name) => !(name in other) || other[name] === row[name] || other[name] === "***"),
  );
}
