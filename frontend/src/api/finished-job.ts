/** Jobs of the agent: asked for, waited for, read. */
import { agent, answer } from "./client";
import { Problem } from "./problem";
import type { Job } from "./types";

const FIRST_WAIT = 30;
const LONGEST_WAIT = 1000;
/** A wait and the next one: what is done is heard of that much later than it could be, at the most. */
const GROWTH = 1.25;

/** The job's result once it is done; its errors are thrown. */
export async function finished(begun: Job, signal: AbortSignal): Promise<unknown> {
  let job = begun;
  for (
    let wait = FIRST_WAIT;
    job.state === "queued" || job.state === "running";
    wait = Math.min(wait * GROWTH, LONGEST_WAIT)
  ) {
    await pause(wait, signal);
    const params = { path: { project: job.project, job: job.id } };
    job = await answer(agent.GET("/api/v1/projects/{project}/jobs/{job}", { params, signal }));
  }
  if (job.state !== "done") {
    throw new Problem(0, job.errors ?? []);
  }
  return job.result;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) {
      stop();
    }
  });
}
