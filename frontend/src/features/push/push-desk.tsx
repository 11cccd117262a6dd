import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FolderOpen, Upload } from "lucide-react";
import { useMemo, useState, type DragEvent } from "react";
import { projectQuery, push } from "@/api/projects";
import { Problem } from "@/api/problem";
import { useCommands } from "@/app/keys/commands";
import { quiet } from "@/app/session/query-client";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { useDebounced } from "@/components/debounced";
import { Field, Input, TextArea } from "@/components/field";
import { Page } from "@/components/page";
import { toast } from "@/components/toast";
import { platform } from "@/platform";
import { words } from "@/words";
import { PushFooter } from "./push-footer";
import { VersionLine } from "./version-line";
import { WhatChanges } from "./what-changes";
import { nameIn } from "./name-in";

const text = words.push;

/** A file at the left, what it would change at the right, and the push below. `of` is the project that is pushed once more. */
export function PushDesk({ of }: { of?: { project: string; text: string } }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [file, setFile] = useState(of?.text ?? "");
  const [stem, setStem] = useState("");
  const [hasRead, setHasRead] = useState(false);
  const settled = useDebounced(file);
  const { data: named } = useQuery({
    queryKey: ["push", "name", settled],
    queryFn: () => nameIn(settled),
    staleTime: Infinity,
  });
  const project = of?.project ?? named ?? stem;
  const refused = useRefusal()("editor", project === "" ? undefined : project);
  const there = useQuery({ ...projectQuery(project), enabled: project !== "", retry: false });
  const isNew = there.error !== null && Problem.from(there.error).status === 404;
  const expected = isNew ? undefined : there.data?.version;
  const asked = { project, file: settled, expected, name: `${project}.yaml` };
  const look = useQuery({
    queryKey: ["push", "look", project, settled, expected],
    queryFn: () => push(asked, true),
    enabled:
      settled.trim() !== "" && project !== "" && refused === undefined && (isNew || there.data !== undefined),
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  const changes = look.data?.changes ?? [];
  const removes = changes.filter((change) => change.change === "removed").length;
  const apply = useMutation({
    meta: quiet,
    mutationFn: () => push(asked, false),
    onSuccess: (pushed) => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      toast({ title: text.pushed(pushed.project, pushed.version ?? 1) });
      return navigate({ to: "/projects/$project", params: { project: pushed.project } });
    },
  });
  const ready =
    look.data !== undefined &&
    changes.length > 0 &&
    settled === file &&
    (removes === 0 || hasRead) &&
    !apply.isPending;
  const { mutate } = apply;
  useCommands(
    useMemo(
      () => [
        {
          id: "push",
          group: "page",
          name: text.title,
          keys: "mod+enter",
          icon: Upload,
          refused: refused ?? (ready ? undefined : text.empty),
          run: () => mutate(),
        },
      ],
      [ready, refused, mutate],
    ),
  );
  const again = () => {
    apply.reset();
    void client.invalidateQueries({ queryKey: projectQuery(project).queryKey });
  };
  const take = (name: string, opened: string) => {
    setFile(opened);
    setStem(name.replace(/\.(sync\.)?(ya?ml|json)$/i, ""));
    setHasRead(false);
  };
  return (
    <Page
      title={of ? text.title : text.newTitle}
      scrolls={false}
      crumbs={
        of && [
          <Link to="/projects/$project" params={{ project: of.project }} className="hover:underline">
            {of.project}
          </Link>,
        ]
      }
      actions={
        <>
          {of && file !== of.text && (
            <Button look="ghost" onClick={() => setFile(of.text)}>
              {text.discard}
            </Button>
          )}
          <Button
            icon={FolderOpen}
            onClick={() =>
              void platform
                .openText([".yaml", ".yml", ".json"])
                .then((opened) => opened && take(opened.name, opened.text))
            }
          >
            {text.open}
          </Button>
        </>
      }
    >
      <VersionLine project={project} version={expected} isNew={isNew} />
      <div className="flex min-h-0 grow">
        <FileSide
          file={file}
          onFile={setFile}
          onDrop={take}
          project={of || named ? undefined : stem}
          onProject={setStem}
        />
        <section className="flex min-w-0 grow flex-col overflow-auto" aria-label={text.changes}>
          <WhatChanges
            empty={settled.trim() === ""}
            noName={project === ""}
            refused={refused}
            isPending={look.isPending && look.fetchStatus !== "idle"}
            problem={look.error ?? apply.error}
            applied={apply.error !== null}
            changes={look.data?.changes}
            onAgain={again}
          />
        </section>
      </div>
      <PushFooter
        removes={removes}
        hasRead={hasRead}
        onRead={setHasRead}
        verb={text.apply((expected ?? 0) + 1)}
        refused={refused}
        ready={ready}
        onPush={() => apply.mutate()}
      />
    </Page>
  );
}

interface FileSideProps {
  file: string;
  onFile: (file: string) => void;
  onDrop: (name: string, file: string) => void;
  /** The name that is given here; `undefined` where the file says it. */
  project: string | undefined;
  onProject: (name: string) => void;
}

function FileSide({ file, onFile, onDrop, project, onProject }: FileSideProps) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) {
      void dropped.text().then((opened) => onDrop(dropped.name, opened));
    }
  };
  return (
    <section className="flex w-[46%] shrink-0 flex-col gap-3 border-r border-line p-5" aria-label={text.file}>
      {project !== undefined && file !== "" && (
        <Field label={text.project} help={text.projectHelp} className="max-w-120">
          {(names) => (
            <Input {...names} data value={project} onChange={(event) => onProject(event.target.value)} />
          )}
        </Field>
      )}
      <Field label={text.file} help={over ? text.drop : text.fileHelp} className="flex min-h-0 grow flex-col">
        {(names) => (
          <TextArea
            {...names}
            data
            value={file}
            onChange={(event) => onFile(event.target.value)}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
            className="min-h-0 grow resize-none leading-5! whitespace-pre"
            wrap="off"
          />
        )}
      </Field>
    </section>
  );
}
