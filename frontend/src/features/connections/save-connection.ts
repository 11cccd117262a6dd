import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ProjectFile } from "@/api/project-file";
import { quiet } from "@/app/session/query-client";
import { toast } from "@/components/toast";
import type { Plain } from "@/features/designer/document/sync-file";
import { words } from "@/words";
import type { Draft } from "./check-draft";
import { keyOf, valueOf, type Field, type SecretTyped, type Typed } from "./fields";
import { sealAndPush, type Sealed } from "./seal-and-push";
import { secretNameOf } from "./secret-name";
import { referenceTo } from "./values/names";
import { withKey, type Keys } from "./values/values";
import { withValues } from "./values/write-values";

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
export function withConnection(
  { file, name, connector, fields, typed }: NewConnection,
  sealed: readonly Sealed[],
): Promise<string> {
  const keys = fields.reduce<Keys>(
    (now, field) => {
      const secret = sealed.find(({ key }) => key === keyOf(field));
      const value = secret ? referenceTo(secret.name) : valueOf(field, typed[keyOf(field)] ?? "");
      return withKey(now, field.path, value as Plain | undefined);
    },
    { connector },
  );
  return withValues(file.text, { connection: name }, keys);
}
