import type { QueryClient } from "@tanstack/react-query";
import type { ProjectFile } from "@/api/project-file";
import { push } from "@/api/projects";
import { forgetSecret, secretsQuery, setSecret } from "@/api/secrets";
import type { Pushed } from "@/api/types";

/** A secret of a connection: the key that names it in the file, and what is sealed. */
export interface Sealed {
  key: string;
  name: string;
  value: string;
}

/** Seals secrets and pushes the text that names them, in the place of the version that was looked at. */
export async function sealAndPush(
  client: QueryClient,
  { project, version }: ProjectFile,
  text: string,
  sealed: readonly Sealed[],
): Promise<Pushed> {
  // A file may only name secrets that are there, so they come first; what could not be pushed leaves none behind.
  const before = sealed.length > 0 ? await client.query({ ...secretsQuery(project), staleTime: 0 }) : [];
  for (const secret of sealed) {
    await setSecret(project, secret.name, secret.value);
  }
  try {
    return await push({ project, file: text, expected: version, name: `${project}.yaml` }, false);
  } catch (refused) {
    const made = sealed.filter((secret) => !before.some(({ name }) => name === secret.name));
    await Promise.allSettled(made.map((secret) => forgetSecret(project, secret.name)));
    throw refused;
  }
}
