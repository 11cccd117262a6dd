import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { agentAt, answer } from "@/api/client";
import { allPages } from "@/api/projects";
import { setSecret } from "@/api/secrets";
import { quiet } from "@/app/session/query-client";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input } from "@/components/field";
import { SectionTitle } from "@/components/page";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { secretsIn } from "./secrets-in";

const text = words.send;

interface SecretsThereProps {
  to: string;
  project: string;
  file: string;
  /** Whether the other agent tells its names, and lets them be set. */
  mayList: boolean;
  onSet: () => void;
}

/** The secrets that a file names, whether the other agent has them, and the way to set them there. */
export function SecretsThere({ to, project, file, mayList, onSet }: SecretsThereProps) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const { data: names = [] } = useQuery({
    queryKey: ["secrets-in", file],
    queryFn: () => secretsIn(file),
    staleTime: Infinity,
  });
  const { data: set } = useQuery({
    queryKey: ["at", to, "projects", project, "secrets"],
    queryFn: ({ signal }) =>
      allPages((after) => {
        const query = { limit: 200, ...(after !== undefined && { after }) };
        const params = { path: { project }, query };
        return answer(agentAt(to).GET("/api/v1/projects/{project}/secrets", { params, signal }));
      }),
    enabled: mayList && names.length > 0,
    retry: false,
  });
  const typed = Object.entries(values).filter(([, value]) => value !== "");
  const send = useMutation({
    meta: quiet,
    mutationFn: async () => {
      for (const [name, value] of typed) {
        await setSecret(project, name, value, agentAt(to));
      }
    },
    onSuccess: () => {
      toast({ title: text.set(typed.length, to) });
      setValues({});
    },
    // Some may be set although others were not.
    onSettled: onSet,
  });
  if (names.length === 0) {
    return null;
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <form
      onSubmit={submit}
      className="flex w-87 shrink-0 flex-col gap-3 overflow-auto border-l border-line p-5"
    >
      <SectionTitle count={names.length}>{text.secrets}</SectionTitle>
      <p className="text-12 text-fg-3">{text.secretsAbout(to)}</p>
      {names.map((name) => (
        <Field
          key={name}
          label={<span className="data">{name}</span>}
          note={set && <Whether isSet={set.some((one) => one.name === name)} />}
          help={mayList ? undefined : text.notSeen}
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              disabled={!mayList}
              placeholder={set?.some((one) => one.name === name) ? text.keep : ""}
              value={values[name] ?? ""}
              onChange={(event) => setValues({ ...values, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
      {send.error && <ProblemPanel title={text.notSet} problem={send.error} />}
      <Button type="submit" className="self-start" disabled={typed.length === 0 || send.isPending}>
        {text.setThere(to)}
      </Button>
    </form>
  );
}

const Whether = ({ isSet }: { isSet: boolean }) =>
  isSet ? (
    <span className="inline-flex items-center gap-1">
      <CircleCheck size={12} aria-hidden className="text-ok" />
      {text.has}
    </span>
  ) : (
    <span className="inline-flex items-center gap-1 text-warn-text">
      <TriangleAlert size={12} aria-hidden />
      {text.hasNot}
    </span>
  );
