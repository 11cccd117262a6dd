import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Problem } from "@/api/problem";
import { projectFileOf, projectFileQuery } from "@/api/project-file";
import { quiet } from "@/app/session/query-client";
import { toast, type ToastText } from "@/components/toast";
import { words } from "@/words";
import { sealAndPush, type Sealed } from "../seal-and-push";
import type { Opened } from "./opened";
import { isEmpty, type Keys, type Place } from "./values";
import { emptiedBy, withValues } from "./write-values";

export interface ValuesChange {
  /** The project's file as it was when its values were shown. */
  opened: Opened;
  place: Place;
  /** No keys take them out of the file. */
  after: Keys;
  sealed: readonly Sealed[];
  /** Whether an environment stays that would be left empty. */
  keeps?: boolean;
}

/** A push that was refused since the agent goes by an environment that the file would not have any more. */
export class EnvironmentWanted extends Problem {
  constructor(
    { status, errors: [first, ...others], requestId }: Problem,
    /** Those that the change takes out. */
    readonly environments: readonly string[],
  ) {
    const help = words.environments.wanted(environments.join(", "));
    super(status, first ? [{ ...first, help }, ...others] : [], requestId);
  }
}

/** Puts values into a project's file, or takes them out, and pushes it in the place of the version that was looked at. */
export function useSaveValues(said: (place: Place) => ToastText, onSaved: (place: Place) => void) {
  const client = useQueryClient();
  return useMutation({
    meta: quiet,
    mutationFn: async ({ opened: { file, plain }, place, after, sealed, keeps = false }: ValuesChange) => {
      const text = await withValues(file.text, place, after, keeps);
      const { version } = await sealAndPush(client, file, text, sealed).catch((refused: unknown) => {
        throw explained(refused, isEmpty(after) && !keeps ? emptiedBy(plain, place) : []);
      });
      return version == null ? undefined : projectFileOf(file.project, version, text);
    },
    onSuccess: (file, { place }) => {
      if (file) {
        // The page goes on with it while the agent is asked.
        client.setQueryData(projectFileQuery(file.project, file.version).queryKey, file);
      }
      void client.invalidateQueries({ queryKey: ["projects"] });
      toast({ ...said(place), ...(file && { more: words.connections.savedMore(file.version) }) });
      onSaved(place);
    },
  });
}

/** Whether it was for the environments that are gone: a name is unknown, and the agent tells no place that uses it. */
function explained(refused: unknown, gone: readonly string[]): unknown {
  const problem = Problem.from(refused);
  const { line, connection, stream } = problem.errors[0]?.where ?? {};
  const isNamed = [line, connection, stream].some((place) => place != null);
  return gone.length > 0 && problem.code === "config.unknown_name" && !isNamed
    ? new EnvironmentWanted(problem, gone)
    : refused;
}
