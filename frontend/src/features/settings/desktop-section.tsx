import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { aboutQuery, preferencesQuery, secretsPlaceQuery } from "@/api/stored-agents";
import { quiet } from "@/app/session/query-client";
import { Button } from "@/components/button";
import { Switch } from "@/components/choice";
import { CopyButton } from "@/components/copy-button";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input } from "@/components/field";
import { SkeletonRows } from "@/components/skeleton";
import { toast } from "@/components/toast";
import type { Desktop, Preferences } from "@/platform/desktop-only";
import { words } from "@/words";
import { Section } from "./section";

const text = words.settings.desktop;

/** What is set for the desktop on this computer: where its data lies, how it reaches agents, and what it tells. */
export function DesktopSection({ desktop }: { desktop: Desktop }) {
  const { data: preferences, error } = useQuery(preferencesQuery(desktop));
  return (
    <Section title={text.title}>
      {error ? (
        <ProblemPanel title={words.errors.notLoaded} problem={error} />
      ) : preferences ? (
        <Form desktop={desktop} preferences={preferences} />
      ) : (
        <SkeletonRows rows={4} tall />
      )}
    </Section>
  );
}

function Form({ desktop, preferences }: { desktop: Desktop; preferences: Preferences }) {
  const client = useQueryClient();
  const { data: secrets } = useQuery(secretsPlaceQuery(desktop));
  const { data: about } = useQuery(aboutQuery(desktop));
  const [proxy, setProxy] = useState(preferences.proxy ?? "");
  const [ca, setCa] = useState(preferences.ca ?? "");
  const [environment, setEnvironment] = useState(preferences.environment ?? "");
  const save = useMutation({
    meta: quiet,
    mutationFn: (change: Partial<Preferences>) => desktop.setPreferences({ ...preferences, ...change }),
    onSuccess: () => {
      toast({ title: text.saved });
      return client.invalidateQueries({ queryKey: preferencesQuery(desktop).queryKey });
    },
  });
  const typed = {
    proxy: proxy.trim() || null,
    ca: ca.trim() || null,
    environment: environment.trim() || null,
  };
  const changed =
    typed.proxy !== preferences.proxy ||
    typed.ca !== preferences.ca ||
    typed.environment !== preferences.environment;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate(typed);
  };
  return (
    <>
      <dl className="grid grid-cols-[120px_1fr] items-center gap-y-1">
        <dt className="text-fg-3">{text.data}</dt>
        <dd className="flex min-w-0 items-center gap-1">
          <span className="data min-w-0 break-all">{preferences.data}</span>
          <CopyButton text={preferences.data} />
        </dd>
        <dt className="text-fg-3">{text.secrets}</dt>
        <dd>{secrets && text.places[secrets.place]}</dd>
        <dt className="text-fg-3">{text.version}</dt>
        <dd>{about && `${about.version}, ${text.updates[about.updates]}`}</dd>
      </dl>
      <form onSubmit={submit} className="mt-4 flex max-w-120 flex-col gap-3">
        <Field label={text.proxy} help={text.proxyHelp} optional>
          {(names) => (
            <Input {...names} data value={proxy} onChange={(event) => setProxy(event.target.value)} />
          )}
        </Field>
        <Field label={text.ca} help={text.caHelp} optional>
          {(names) => <Input {...names} data value={ca} onChange={(event) => setCa(event.target.value)} />}
        </Field>
        <Field label={text.environment} help={text.environmentHelp} optional>
          {(names) => (
            <Input
              {...names}
              data
              value={environment}
              onChange={(event) => setEnvironment(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" className="self-start" disabled={!changed || save.isPending}>
          {text.save}
        </Button>
        {save.error && <ProblemPanel title={text.notSaved} problem={save.error} />}
      </form>
      <div className="mt-4 flex flex-col items-start gap-2">
        <Switch
          checked={preferences.notifications}
          onChange={(notifications) => save.mutate({ notifications })}
        >
          {text.notifications}
        </Switch>
        <Switch checked={preferences.telemetry} onChange={(telemetry) => save.mutate({ telemetry })}>
          {text.telemetry}
        </Switch>
        <p className="text-12 text-fg-3">{text.telemetryHelp}</p>
      </div>
    </>
  );
}
