import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { forgetSecret, secretsQuery, setSecret } from "@/api/secrets";
import { quiet } from "@/app/session/query-client";
import { useRefusal } from "@/app/session/session";
import { Button, IconButton } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input, TextArea } from "@/components/field";
import { FormDialog } from "@/components/form-dialog";
import { Moment } from "@/components/moment";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { toast } from "@/components/toast";
import { words } from "@/words";

const text = words.projects.secret;

/** The names of the project's secrets. Values go in, and never come out. */
export function Secrets({ project }: { project: string }) {
  const refused = useRefusal()("editor", project);
  const { data, error } = useQuery({ ...secretsQuery(project), enabled: refused === undefined });
  const [dialog, setDialog] = useState<{ kind: "set" | "forget"; name: string }>();
  const close = () => setDialog(undefined);
  return (
    <>
      <div className="flex items-center justify-between gap-4 px-5 py-3">
        <p className="max-w-[72ch] text-12 text-fg-3">{refused ?? text.about}</p>
        <Button icon={KeyRound} refused={refused} onClick={() => setDialog({ kind: "set", name: "" })}>
          {text.add}
        </Button>
      </div>
      {error && (
        <div className="max-w-160 px-5">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      )}
      {data ? (
        data.length === 0 ? (
          <p className="border-t border-line px-5 py-4 text-fg-2">{text.none}</p>
        ) : (
          <Table className="border-t border-line">
            <Head>
              <Column width={340}>{text.columns.name}</Column>
              <Column width={120} right>
                {text.columns.times}
              </Column>
              <Column width={180} right>
                {text.columns.set}
              </Column>
              <Column width={240}>{text.columns.key}</Column>
              <Column width={64} />
            </Head>
            <tbody>
              {data.map(({ name, version, set_at, key }) => (
                <Row key={name}>
                  <Cell tall>
                    <button
                      type="button"
                      onClick={() => setDialog({ kind: "set", name })}
                      className="data rounded-1 font-medium hover:underline"
                    >
                      {name}
                    </button>
                  </Cell>
                  <Cell tall right>
                    {version}
                  </Cell>
                  <Cell tall right>
                    <Moment at={set_at} />
                  </Cell>
                  <Cell tall className="data text-fg-3">
                    {key}
                  </Cell>
                  <Cell tall className="text-right">
                    <IconButton
                      icon={Trash2}
                      size="sm"
                      name={`${text.forget}: ${name}`}
                      refused={refused}
                      onClick={() => setDialog({ kind: "forget", name })}
                    />
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        )
      ) : (
        refused === undefined && !error && <SkeletonRows tall />
      )}
      {dialog?.kind === "set" && <SetSecret project={project} known={dialog.name} onClose={close} />}
      {dialog?.kind === "forget" && <ForgetSecret project={project} name={dialog.name} onClose={close} />}
    </>
  );
}

const NAME = /^[\w.-]+(\/[\w.-]+)*$/;

function SetSecret({ project, known, onClose }: { project: string; known: string; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(known);
  const [value, setValue] = useState("");
  const set = useMutation({
    meta: quiet,
    mutationFn: () => setSecret(project, name, value),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: secretsQuery(project).queryKey });
      toast({ title: text.saved(name) });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.add}
      about={project}
      verb={text.save}
      ready={NAME.test(name) && value !== ""}
      isPending={set.isPending}
      problem={set.error}
      failed={text.notSet}
      onSubmit={() => set.mutate()}
      onClose={onClose}
    >
      <Field label={text.name} help={text.nameHelp}>
        {(names) => (
          <Input
            {...names}
            data
            value={name}
            readOnly={known !== ""}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={text.value} help={text.valueHelp}>
        {(names) => (
          <TextArea
            {...names}
            data
            rows={3}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}

function ForgetSecret({ project, name, onClose }: { project: string; name: string; onClose: () => void }) {
  const client = useQueryClient();
  const forget = useMutation({
    meta: quiet,
    mutationFn: () => forgetSecret(project, name),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: secretsQuery(project).queryKey });
      toast({ title: text.forgotten(name), tone: "removed" });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.forgetTitle(name)}
      about={text.forgetAbout}
      verb={text.forget}
      look="bad"
      isPending={forget.isPending}
      problem={forget.error}
      failed={text.notSet}
      onSubmit={() => forget.mutate()}
      onClose={onClose}
    />
  );
}
