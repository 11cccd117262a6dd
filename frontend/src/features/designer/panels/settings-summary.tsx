import { Pencil } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/components/button";
import { words } from "@/words";
import type { OnError } from "../document/sync-file";
import { useDesigner } from "../state/designer";
import { count } from "@/words/figures";
import { nextTimes, scheduleWords } from "./schedule-words";

const text = words.designer.settings;

/** How the chosen stream is read and lands, and when its sync runs. */
export function SettingsSummary() {
  const { stream, config, sync, ends, select, coming } = useDesigner();
  if (stream === undefined || !sync) {
    return null;
  }
  const mode = config.mode ?? "full_refresh";
  const write = config.write ?? (mode === "incremental" ? "merge" : "overwrite");
  const key = config.primary_key ?? ends.source?.primaryKey;
  const zone = sync.schedule?.timezone?.split("/").at(-1)?.replace("_", " ");
  const rows: [string, ReactNode][] = [
    [text.mode, text.modes[mode]],
    [text.write, text.writes[write]],
    [text.key, key && key.length > 0 ? <span className="data">{key.join(", ")}</span> : text.none],
    ...(mode === "incremental"
      ? [
          [
            text.cursor,
            config.cursor === undefined ? (
              text.none
            ) : (
              <span key="cursor" className="data">
                {config.cursor}
              </span>
            ),
          ] as [string, ReactNode],
        ]
      : []),
    ...(config.lookback === undefined
      ? []
      : [[text.lookback, String(config.lookback)] as [string, ReactNode]]),
    [text.deletes, text.deleteRules[config.deletes ?? "ignore"]],
    [text.errors, errorWords(config.on_error ?? "fail", config.max_rejects)],
  ];
  return (
    <section className="shrink-0 border-t border-line p-3" aria-label={text.edit}>
      <div className="mb-1 flex items-center">
        <h3 className="min-w-0 grow truncate font-medium" title={stream}>
          {stream}
        </h3>
        <IconButton icon={Pencil} name={text.edit} size="sm" onClick={() => select({ kind: "settings" })} />
      </div>
      <dl className="grid grid-cols-[72px_1fr] gap-x-2 gap-y-1 text-12">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-fg-3">{name}</dt>
            <dd className="min-w-0 truncate">{value}</dd>
          </div>
        ))}
      </dl>
      <hr className="my-2.5 border-line" />
      <h3 className="font-medium">{text.schedule}</h3>
      <p className="text-12 text-fg-2">{scheduleWords(sync.schedule)}</p>
      {sync.schedule && sync.schedule.after === undefined && (
        <p className="text-12 text-fg-3">
          {coming && coming.length > 0
            ? `${text.next} ${nextTimes(coming).join(", ")}${zone === undefined ? "" : ` · ${zone}`}`
            : text.nextUnknown}
        </p>
      )}
    </section>
  );
}

function errorWords(rule: OnError, most: number | undefined): string {
  return rule === "reject" && most !== undefined
    ? `${text.onError.reject}, ${text.upTo(count(most))}`
    : text.onError[rule];
}
