import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { useMemo, useState } from "react";
import { agentAt, answer } from "@/api/client";
import { Problem } from "@/api/problem";
import { push } from "@/api/projects";
import { useCommands } from "@/app/keys/commands";
import { quiet } from "@/app/session/query-client";
import { may } from "@/app/session/session";
import { toast } from "@/components/toast";
import { PushFooter } from "@/features/push/push-footer";
import { VersionLine } from "@/features/push/version-line";
import { WhatChanges } from "@/features/push/what-changes";
import { goToPlace } from "@/platform/place";
import { words } from "@/words";
import { SecretsThere } from "./secrets-there";

const text = words.send;

/** A file and the agent that it goes to: what it would change there, the secrets that it needs, and the push. */
export function SendDesk({ to, project, file }: { to: string; project: string; file: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const there = useMemo(() => agentAt(to), [to]);
  const [hasRead, setHasRead] = useState(false);
  const key = ["at", to] as const;
  const me = useQuery({
    queryKey: [...key, "me"],
    queryFn: ({ signal }) => answer(there.GET("/api/v1/me", { signal })),
    retry: false,
  });
  const refused =
    me.data && !may(me.data, "editor", project) ? words.refused(words.roles.editor, project) : undefined;
  const holds = useQuery({
    queryKey: [...key, "projects", project],
    queryFn: ({ signal }) =>
      answer(there.GET("/api/v1/projects/{project}", { params: { path: { project } }, signal })),
    enabled: me.data !== undefined,
    retry: false,
  });
  const isNew = holds.error !== null && Problem.from(holds.error).status === 404;
  const expected = holds.data?.version;
  const asked = { project, file, expected, name: `${project}.yaml` };
  const look = useQuery({
    queryKey: [...key, "look", project, file, expected],
    queryFn: () => push(asked, true, there),
    enabled: me.data !== undefined && refused === undefined && (isNew || holds.data !== undefined),
    retry: false,
    gcTime: 0,
  });
  const apply = useMutation({
    meta: quiet,
    mutationFn: () => push(asked, false, there),
    onSuccess: ({ version }) => {
      void client.invalidateQueries({ queryKey: key });
      toast({
        title: text.pushed(project, to, version ?? 1),
        action: { name: text.show(to), run: () => goToPlace(to) },
      });
      return navigate({ to: "/projects/$project", params: { project } });
    },
  });
  const changes = look.data?.changes ?? [];
  const removes = changes.filter((change) => change.change === "removed").length;
  const ready = changes.length > 0 && (removes === 0 || hasRead) && !apply.isPending;
  const { mutate } = apply;
  const verb = text.apply(to, (expected ?? 0) + 1);
  useCommands(
    useMemo(
      () => [
        {
          id: "push",
          group: "page",
          name: text.title,
          keys: "mod+enter",
          icon: Upload,
          refused: refused ?? (ready ? undefined : words.push.checking),
          run: () => mutate(),
        },
      ],
      [ready, refused, mutate],
    ),
  );
  return (
    <>
      <VersionLine project={project} version={expected} isNew={isNew} where={to} />
      <div className="flex min-h-0 grow">
        <section className="flex min-w-0 grow flex-col overflow-auto" aria-label={words.push.changes}>
          <WhatChanges
            empty={false}
            noName={false}
            refused={refused}
            isPending={look.isPending}
            problem={me.error ?? (isNew ? null : holds.error) ?? look.error ?? apply.error}
            applied={apply.error !== null}
            changes={look.data?.changes}
            onAgain={() => {
              apply.reset();
              void client.invalidateQueries({ queryKey: key });
            }}
          />
        </section>
        <SecretsThere
          to={to}
          project={project}
          file={file}
          mayList={me.data !== undefined && refused === undefined}
          onSet={() => void client.invalidateQueries({ queryKey: key })}
        />
      </div>
      <PushFooter
        removes={removes}
        hasRead={hasRead}
        onRead={setHasRead}
        verb={verb}
        refused={refused}
        ready={ready}
        onPush={() => apply.mutate()}
      />
    </>
  );
}
