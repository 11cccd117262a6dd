import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileText } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { isOver, logsQuery } from "@/api/runs";
import type { LogLine, WholeRun } from "@/api/types";
import { useCommands } from "@/app/keys/commands";
import { Switch } from "@/components/choice";
import { classes } from "@/components/classes";
import { CopyButton } from "@/components/copy-button";
import { Input } from "@/components/field";
import { Rows } from "@/components/rows";
import { Said } from "@/components/said";
import { words } from "@/words";
import { exactTime, inFull } from "@/words/figures";

const text = words.runs.log;

/** The lines that are kept of a run; of one stream where one is chosen. */
export function RunLog({ run, stream }: { run: WholeRun; stream: string | undefined }) {
  const live = !isOver(run);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(logsQuery(run.id, live));
  const [find, setFind] = useState("");
  const [follow, setFollow] = useState(true);
  const field = useRef<HTMLInputElement>(null);
  useCommands(
    useMemo(
      () => [{ id: "find", group: "page", name: text.find, keys: "/", run: () => field.current?.focus() }],
      [],
    ),
  );
  const all = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const wanted = find.toLowerCase();
  const lines = all.filter(
    (line) =>
      (stream === undefined || line.stream === stream) &&
      `${line.text} ${line.code ?? ""} ${line.stream ?? ""}`.toLowerCase().includes(wanted),
  );
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <>
      <div className="flex h-9 shrink-0 items-center gap-3 border-b border-line pr-2 pl-5">
        {stream !== undefined && <span className="data truncate text-fg-2">{stream}</span>}
        <Link
          to="/projects/$project/versions/$version"
          params={{ project: run.project, version: String(run.version) }}
          className="ml-auto flex items-center gap-1 text-12 text-fg-3 hover:underline"
        >
          <FileText size={14} aria-hidden />
          {words.runs.version(run.version)}
        </Link>
        {live && (
          <Switch checked={follow} onChange={setFollow} className="text-12 text-fg-3">
            {text.follow}
          </Switch>
        )}
        <span className="w-40">
          <Input
            ref={field}
            small
            aria-label={text.find}
            placeholder={text.find}
            value={find}
            onChange={(event) => setFind(event.target.value)}
            className="h-6!"
          />
        </span>
        <CopyButton name={text.all} text={lines.map(plain).join("\n")} />
      </div>
      {lines.length === 0 ? (
        <p className="px-5 py-3 text-fg-3">{all.length === 0 ? text.none : text.nothing}</p>
      ) : (
        <Rows
          name={text.title}
          className="py-1.5"
          height={20}
          head={null}
          items={lines}
          follow={live && follow}
          onEnd={more}
          row={(line) => <Line key={line.number} line={line} />}
        />
      )}
    </>
  );
}

const plain = (line: LogLine): string =>
  [line.at, line.level, line.stream ?? "", line.code ?? "", line.text, line.help ?? ""]
    .filter(Boolean)
    .join("\t");

function Line({ line }: { line: LogLine }) {
  const tone = { info: "text-fg-3", warning: "text-warn-text", error: "text-bad-text" }[line.level];
  return (
    <tr className="h-5 hover:bg-surface-2">
      <td className="data w-29 pl-5 text-fg-3" title={inFull(line.at)}>
        {exactTime(line.at)}
      </td>
      <td className={classes("data w-14", tone)}>{text.levels[line.level]}</td>
      <td className="data w-40 truncate pr-3 text-fg-2">{line.stream}</td>
      <td className="data truncate pr-3" title={[line.text, line.help].filter(Boolean).join("\n")}>
        {line.code && <span className={tone}>{line.code} </span>}
        <Said text={line.text} />
        {line.help && <span className="text-fg-2"> · {line.help}</span>}
      </td>
    </tr>
  );
}
