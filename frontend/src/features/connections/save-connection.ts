import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ProjectFile } from "@/api/project-file";
import { quiet } from "@/app/session/query-client";
import { toast } from "@/components/toast";
import { words } from "@/words";
import type { Draft } from "./check-draft";
import { secretNameOf, type SecretTyped } from "./field-control";
import { keyOf, valueOf, type Field, type Typed } from "./fields";
import { sealAndPush, type Sealed } from "./seal-and-push";

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
      const sealed = sealedOf(connection);
      return sealAndPush(client, connection.file, await withConnection(connection, sealed), sealed);
    },
    onSuccess: ({ project, version }, { name }) => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      toast({ title: text.saved(name), ...(version != null && { more: text.savedMore(version) }) });
      return navigate({ to: "/connections/$project/$connection", params: { project, connection: name } });
    },
  });
}

/** The secrets that were typed, by the names that they were given or get. */
const sealedOf = ({ name, fields, secrets }: NewConnection): Sealed[] =>
  fields.flatMap((field) => {
    const secret = secrets[keyOf(field)];
    return secret?.value
      ? [{ key: keyOf(field), name: secret.name || secretNameOf(name, field), value: secret.value }]
      : [];
  });

/** The same before it is saved. */
export const draftOf = (connection: NewConnection): Draft => ({
  project: connection.file.project,
  connection: connection.name,
  sealed: sealedOf(connection),
  fileWith: (sealed) => withConnection(connection, sealed),
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
