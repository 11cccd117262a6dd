/**
 * Samples by the agent's preview job.
 *
 * The text that is being edited goes along as `file`. An agent that does not take it yet refuses the key; then a sample is taken only
 * where the text is the one that the agent has.
 */
import { agent, answer } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Job } from "@/api/types";
import { field, text } from "../catalog/catalog";
import { finished } from "../catalog/jobs";
import type { Cell, Failing, Row, Sample, Sampled, SampleRequest, SampleSource } from "./sample";

/** What is asked for; `file` is not in the agent's description yet. */
interface PreviewBody {
  stream: string;
  limit: number;
  file?: string;
}

export function agentSamples(project: string, saved: string): SampleSource {
  let takesFiles = true;
  const preview = async (
    { sync, stream, limit }: SampleRequest,
    file: string | undefined,
    signal: AbortSignal,
  ) => {
    const body: PreviewBody = { stream, limit, ...(file !== undefined && { file }) };
    const begun = agent.POST("/api/v1/projects/{project}/syncs/{sync}/preview", {
      params: { path: { project, sync } },
      body,
      signal,
    });
    return ready(await answer(begun), signal);
  };
  return {
    take: async (request, signal) => {
      try {
        if (request.text === saved) {
          return await preview(request, undefined, signal);
        }
        return takesFiles
          ? await preview(request, request.text, signal)
          : { state: "not_available", reason: "unsaved" };
      } catch (thrown) {
        const problem = Problem.from(thrown);
        if (signal.aborted) {
          throw thrown;
        }
        if (problem.status === 404) {
          return { state: "not_available", reason: "not_known" };
        }
        const refused = problem.status === 400 || problem.status === 422;
        if (refused && problem.why.includes("unknown field `file`")) {
          takesFiles = false;
          return { state: "not_available", reason: "unsaved" };
        }
        return { state: "failed", problem };
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
  const origins = field(found, "rows");
  const types = field(found, "types");
  return {
    before: rows(field(found, "source")),
    after: rows(field(found, "mapped")),
    failing: (Array.isArray(field(found, "rejects")) ? (field(found, "rejects") as unknown[]) : []).map(
      failing,
    ),
    rejected: Number(field(found, "rejected") ?? 0),
    nulled: Number(field(found, "nulled") ?? 0),
    ...(Array.isArray(origins) && { origins: origins.map(Number) }),
    ...(typeof types === "object" && types !== null && { types: types as Record<string, string> }),
  };
}

function rows(value: unknown): Row[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.map((row) =>
    Object.fromEntries(
      Object.entries(row as Record<string, unknown>).map(([name, cell]) => [name, asCell(cell)]),
    ),
  );
}

const asCell = (cell: unknown): Cell =>
  cell === null || cell === undefined ? null : typeof cell === "string" ? cell : JSON.stringify(cell);

function failing(value: unknown): Failing {
  const [row, column, help] = [field(value, "row"), field(value, "column"), field(value, "help")];
  return {
    code: text(field(value, "code")),
    why: text(field(value, "message")),
    ...(row !== undefined && row !== null && { row: Number(row) }),
    ...(typeof column === "string" && { column }),
    ...(typeof help === "string" && { help }),
  };
}
