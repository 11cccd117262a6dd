import { type ReactNode, useState } from "react";
import { Input } from "@/components/field";
import { LongSelect, Select } from "@/components/select";
import { Switch } from "@/components/choice";
import { words } from "@/words";
import { setKey, type StreamKey } from "../document/stream-edits";
import type { Plain } from "../document/sync-file";
import { useDesigner } from "../state/designer";
import { ScheduleForm } from "./schedule-form";
import { Section } from "./section";

const text = words.designer.settings;

/** A choice as the list of its words. */
const listed = <T extends string>(names: Record<T, string>, except: readonly T[] = []) =>
  (Object.entries(names) as [T, string][])
    .filter(([value]) => !except.includes(value))
    .map(([value, name]) => ({ value, name }));

/** How a stream is read and lands, and when its sync runs. */
export function SettingsForm() {
  const { config, mapping, edit, ends, canvas } = useDesigner();
  const put = (key: StreamKey, value: Plain | undefined) =>
    edit(setKey(mapping.plain, mapping.place, key, value), words.designer.edits.settings);
  const mode = config.mode ?? "full_refresh";
  const incremental = mode === "incremental";
  const write = config.write ?? (incremental ? "merge" : "overwrite");
  const keyed = write === "merge" || write === "history";
  const key = config.primary_key ?? ends.source?.primaryKey ?? [];
  const wrong = {
    write: incremental && write === "overwrite" ? text.noOverwrite : undefined,
    cursor: incremental && config.cursor === undefined ? text.needsCursor : undefined,
    key: keyed && key.length === 0 ? text.needsKey : undefined,
    deletes:
      (config.deletes ?? "ignore") !== "ignore" && (incremental || !keyed) ? text.needsFull : undefined,
  };
  const names = canvas.source.map(({ column }) => ({ value: column.name, name: column.name }));
  return (
    <>
      <Section>
        <Line name={text.into}>
          <Typed
            label={text.into}
            value={config.into ?? ""}
            placeholder={ends.into}
            onDone={(typed) => put("into", typed || undefined)}
          />
        </Line>
        <Line name={text.mode}>
          <Select
            small
            aria-label={text.mode}
            value={mode}
            choices={listed(text.modes, mode === "cdc" ? [] : ["cdc"])}
            onChoose={(value) => put("mode", value)}
          />
        </Line>
        <Line name={text.write} error={wrong.write}>
          <Select
            small
            aria-label={text.write}
            value={write}
            choices={listed(text.writes)}
            onChoose={(value) => put("write", value)}
          />
        </Line>
        <Line name={text.key} error={wrong.key} help={config.primary_key ? text.keyHelp : text.discovered}>
          <Typed
            label={text.key}
            value={config.primary_key?.join(", ") ?? ""}
            placeholder={ends.source?.primaryKey.join(", ") ?? ""}
            onDone={(typed) => {
              const columns = typed
                .split(",")
                .map((name) => name.trim())
                .filter((name) => name !== "");
              put("primary_key", columns.length > 0 ? columns : undefined);
            }}
          />
        </Line>
        {(incremental || config.cursor !== undefined) && (
          <Line name={text.cursor} error={wrong.cursor}>
            <LongSelect
              small
              aria-label={text.cursor}
              value={config.cursor ?? ""}
              choices={[{ value: "", name: text.none }, ...names]}
              onChoose={(value) => put("cursor", value === "" ? undefined : value)}
            />
          </Line>
        )}
        {incremental && (
          <>
            <Line name={text.lookback} help={text.lookbackHelp}>
              <Typed
                label={text.lookback}
                value={String(config.lookback ?? "")}
                onDone={(typed) => put("lookback", numbered(typed))}
              />
            </Line>
            <Line name={text.start} help={text.startHelp}>
              <Typed
                label={text.start}
                value={String(config.start ?? "")}
                onDone={(typed) => put("start", numbered(typed))}
              />
            </Line>
          </>
        )}
        <Line name={text.deletes} error={wrong.deletes}>
          <Select
            small
            aria-label={text.deletes}
            value={config.deletes ?? "ignore"}
            choices={listed(text.deleteRules)}
            onChoose={(value) => put("deletes", value)}
          />
        </Line>
      </Section>
      <Section>
        <Line name={text.errors}>
          <Select
            small
            aria-label={text.errors}
            value={config.on_error ?? "fail"}
            choices={listed(text.onError)}
            onChoose={(value) => put("on_error", value)}
          />
        </Line>
        {config.on_error === "reject" && (
          <>
            <Line name={text.maxRejects}>
              <Typed
                label={text.maxRejects}
                value={String(config.max_rejects ?? "")}
                onDone={(typed) => put("max_rejects", whole(typed))}
              />
            </Line>
            <Line name={text.maxRatio}>
              <Typed
                label={text.maxRatio}
                value={String(config.max_reject_ratio ?? "")}
                onDone={(typed) => put("max_reject_ratio", share(typed))}
              />
            </Line>
          </>
        )}
        <Line name={text.schemaChanges}>
          <Select
            small
            aria-label={text.schemaChanges}
            value={config.schema_changes ?? "propagate"}
            choices={listed(text.schemaRules)}
            onChoose={(value) => put("schema_changes", value)}
          />
        </Line>
        <Line name={text.undo} help={text.undoHelp}>
          <Typed
            label={text.undo}
            value={config.undo?.keep ?? ""}
            onDone={(typed) => put("undo", typed === "" ? undefined : { keep: typed })}
          />
        </Line>
        <Switch
          checked={config.metadata ?? false}
          onChange={(on) => put("metadata", on ? true : undefined)}
          className="mt-1 text-12"
        >
          {text.metadata}
        </Switch>
      </Section>
      <ScheduleForm />
    </>
  );
}

const numbered = (typed: string) =>
  typed === "" ? undefined : /^-?\d+$/.test(typed) ? Number(typed) : typed;
const whole = (typed: string) => (/^\d+$/.test(typed) ? Number(typed) : undefined);
const share = (typed: string) =>
  typed !== "" && Number(typed) >= 0 && Number(typed) <= 1 ? Number(typed) : undefined;

/** A setting: its name, its control, and what is wrong with it. */
export function Line({
  name,
  help,
  error,
  children,
}: {
  name: string;
  help?: string;
  error?: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className="mb-2">
      <div className="grid grid-cols-[88px_1fr] items-center gap-2">
        <span className="text-12 text-fg-2">{name}</span>
        {children}
      </div>
      {(error ?? help) !== undefined && (
        <p className={`mt-0.5 pl-24 text-11 ${error === undefined ? "text-fg-3" : "text-bad-text"}`}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}

/** A text that is taken over when the field is left, so that half a word is no edit. */
export function Typed({
  value,
  label,
  placeholder = "",
  onDone,
}: {
  value: string;
  label: string;
  placeholder?: string;
  onDone: (typed: string) => void;
}) {
  const [typed, setTyped] = useState<string>();
  const done = () => {
    if (typed !== undefined && typed.trim() !== value) {
      onDone(typed.trim());
    }
    setTyped(undefined);
  };
  return (
    <Input
      small
      data
      aria-label={label}
      value={typed ?? value}
      placeholder={placeholder}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}
