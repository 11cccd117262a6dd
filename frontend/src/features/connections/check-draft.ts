import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { agent, answer } from "@/api/client";
import { finished } from "@/api/finished-job";
import { forgetSecret, setSecret } from "@/api/secrets";
import { quiet } from "@/app/session/query-client";
import { useDebounced } from "@/components/debounced";
import type { Checked } from "./checked-steps";
import type { Sealed } from "./seal-and-push";

/** A connection as it would be once it is saved. */
export interface Draft {
  project: string;
  connection: string;
  /** The secrets that were typed. */
  sealed: readonly Sealed[];
  /** The file that names secrets so. */
  fileWith: (sealed: readonly Sealed[]) => Promise<string>;
}

/** How long a form has to rest before it is tested. */
const REST = 800;

/** Tests a connection that is not saved, as its form stands: by itself once it rests, and when it is asked. */
export function useDraftCheck(draft: Draft | undefined) {
  const settled = useDebounced(draft, REST);
  const running = useRef<AbortController>(undefined);
  const check = useMutation({
    meta: quiet,
    mutationFn: (asked: Draft) => {
      running.current?.abort();
      running.current = new AbortController();
      return checkDraft(asked, running.current.signal);
    },
  });
  const { mutate, reset } = check;
  useEffect(() => {
    if (settled) {
      mutate(settled);
    } else {
      running.current?.abort();
      reset();
    }
  }, [settled, mutate, reset]);
  useEffect(() => () => running.current?.abort(), []);
  const again = useCallback(() => settled && mutate(settled), [settled, mutate]);
  return {
    checked: check.data,
    problem: check.error,
    isPending: check.isPending,
    /** Whether what is told is of the form as it stands. */
    isFresh: draft !== undefined && draft === settled,
    again,
  };
}

/**
 * A file takes no secret in plain text, and its own names may be of secrets that are in use: a test seals what was typed under names
 * of its own, and forgets them when it is over.
 */
async function checkDraft(
  { project, connection, sealed: typed, fileWith }: Draft,
  signal: AbortSignal,
): Promise<Checked & { took: number }> {
  const own = `draft/${crypto.randomUUID()}`;
  const sealed = typed.map((secret) => ({ ...secret, name: `${own}/${secret.key}` }));
  try {
    for (const secret of sealed) {
      await setSecret(project, secret.name, secret.value);
    }
    const file = await fileWith(sealed);
    const begun = performance.now();
    const job = agent.POST("/api/v1/projects/{project}/draft/check", {
      params: { path: { project } },
      body: { file, connection },
      signal,
    });
    const checked = (await finished(await answer(job), signal)) as Checked;
    return { ...checked, took: performance.now() - begun };
  } finally {
    await Promise.allSettled(sealed.map((secret) => forgetSecret(project, secret.name)));
  }
}
