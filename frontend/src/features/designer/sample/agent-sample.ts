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
  return {
    before: rows(field(found, "source")),
    after: rows(field(found, "mapped")),
    origins: list(field(found, "origins")).map(Number),
    types: field(field(found, "types"), "mapped") as Readonly<Record<string, string>>,
    failing: list(field(found, "rejects")).map(failing),
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

function failing(reject: unknown): Failing {
  const [origin, column, help] = [field(reject, "origin"), field(reject, "column"), field(reject, "help")];
  return {
    code: text(field(reject, "code")),
    why: text(field(reject, "message")),
    ...(typeof origin === "string" && { row: Number(origin) }),
    ...(typeof column === "string" && { column }),
    ...(typeof help === "string" && { help }),
  };
}
