import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ProjectFile } from "@/api/project-file";
import { push } from "@/api/projects";
import { forgetSecret, secretsQuery, setSecret } from "@/api/secrets";
import { quiet } from "@/app/session/query-client";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { secretNameOf, type SecretTyped } from "./field-control";
import { keyOf, valueOf, type Field, type Typed } from "./fields";

const text = words.connections;

export interface NewConnection {
  /** The project's file as it was when the form was drawn. */
  file: ProjectFile;
  name: string;
  connector: string;
  fields: readonly Field[];
  typed: Typed;
  secrets: Readonly<Record<string, SecretTyped>>;
}

/** Seals a new connection's secrets and pushes the file with it, in the place of the version that was looked at. */
export function useSaveConnection() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    meta: quiet,
    mutationFn: async (connection: NewConnection) => {
      const { file, name } = connection;
      const sealed = sealedOf(connection, (field, given) => given || secretNameOf(name, field));
      const next = await withConnection(connection, sealed);
      const asked = {
        project: file.project,
        file: next,
        expected: file.version,
        name: `${file.project}.yaml`,
      };
      // A file may only name secrets that are there, so they come first; what could not be pushed leaves none behind.
      const before = await client.query({ ...secretsQuery(file.project), staleTime: 0 });
      for (const secret of sealed) {
        await setSecret(file.project, secret.name, secret.value);
      }
      try {
        return await push(asked, false);
      } catch (refused) {
        const made = sealed.filter((secret) => !before.some(({ name }) => name === secret.name));
        await Promise.allSettled(made.map((secret) => forgetSecret(file.project, secret.name)));
        throw refused;
      }
    },
    onSuccess: ({ project, version }, { name }) => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      toast({ title: text.saved(name), ...(version != null && { more: text.savedMore(version) }) });
      return navigate({ to: "/connections/$project/$connection", params: { project, connection: name } });
    },
  });
}

/** A secret of a connection: the key that names it in the file, and what is sealed. */
export interface Sealed {
  key: string;
  name: string;
  value: string;
}

/** The secrets that were typed, by the names that `nameOf` gives them. */
export const sealedOf = (
  { fields, secrets }: NewConnection,
  nameOf: (field: Field, given: string) => string,
): Sealed[] =>
  fields.flatMap((field) => {
    const secret = secrets[keyOf(field)];
    return secret?.value
      ? [{ key: keyOf(field), name: nameOf(field, secret.name), value: secret.value }]
      : [];
  });

/** The file's text with the connection in it; the rest stays as it is, to the byte. */
export async function withConnection(
  { file, name, connector, fields, typed }: NewConnection,
  sealed: readonly Sealed[],
): Promise<string> {
  const { Document, isMap, isScalar, parseDocument } = await import("yaml");
  const entry = new Document({ [name]: { connector } });
  for (const field of fields) {
    const secret = sealed.find(({ key }) => key === keyOf(field));
    const value = secret ? `secret://${secret.name}` : valueOf(field, typed[keyOf(field)] ?? "");
    if (value !== undefined) {
      entry.setIn([name, ...field.path], value);
    }
  }
  const added = entry.toString({ lineWidth: 0 });
  const there = parseDocument(file.text).get("connections", true);
  const last = isMap(there) && !there.flow ? there.items[there.items.length - 1] : undefined;
  const start = isScalar(last?.key) ? last.key.range?.[0] : undefined;
  if (!isMap(there) || !there.range || start === undefined) {
    const document = parseDocument(file.text);
    document.setIn(["connections", name], entry.get(name));
    return document.toString({ lineWidth: 0 });
  }
  const indent = " ".repeat(start - (file.text.lastIndexOf("\n", start - 1) + 1));
  const end = file.text.slice(0, there.range[1]).trimEnd().length;
  // A comment behind the last value stays with it.
  const line = file.text.indexOf("\n", end);
  const at = line < 0 ? file.text.length : line + 1;
  const before = file.text.slice(0, at);
  const text = added.replaceAll(/^(?=.)/gm, indent);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${text}${file.text.slice(at)}`;
}
