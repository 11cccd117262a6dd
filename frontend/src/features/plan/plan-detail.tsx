import { ArrowRight, CircleCheck, TriangleAlert } from "lucide-react";
import { Badge, type Tone } from "@/components/badge";
import { classes } from "@/components/classes";
import { CopyButton } from "@/components/copy-button";
import { Said } from "@/components/said";
import { Rows } from "@/components/rows";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { count, duration } from "@/words/figures";
import { losses, type Fit, type PlannedColumn, type PlannedStream } from "./plan";

const text = words.jobs.plan;

/** What becomes of one stream: its table, its columns, and what to know. */
export function PlanDetail({ stream }: { stream: PlannedStream }) {
  const { mode, write, primary_key: key, deletes, delivery, undo, cursor, estimated_rows: rows } = stream;
  const facts = [
    `${mode.replaceAll("_", " ")}${cursor ? ` by ${cursor}` : ""}`,
    key ? `${write} on ${key.join(", ")}` : write,
    deletes !== "ignore" && text.deletes(deletes),
    text.deliveries[delivery],
    undo !== undefined && text.undo(duration(Number(undo) * 1000)),
    rows !== undefined && text.about(count(rows)),
  ].filter(Boolean);
  return (
    <div className="flex min-w-0 grow flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-2 px-5 py-3">
        <span className="data">{stream.stream}</span>
        <ArrowRight size={14} className="text-fg-3" aria-hidden />
        <span className="data">{stream.target}</span>
        <span className="text-12 text-fg-3">{facts.join(" · ")}</span>
      </div>
      <Statements stream={stream} />
      <Warnings stream={stream} />
      <Rows
        name={text.columns.column}
        height={30}
        items={stream.columns}
        className="mt-3 border-t border-line"
        head={
          <Head>
            <Column width="16%">{text.columns.column}</Column>
            <Column>{text.columns.from}</Column>
            <Column width="16%">{text.columns.type}</Column>
            <Column width="19%">{text.columns.lands}</Column>
            <Column width={204}>{text.columns.fit}</Column>
          </Head>
        }
        row={(column) => (
          <ColumnRow key={column.column} column={column} isKey={key?.includes(column.column) ?? false} />
        )}
      />
    </div>
  );
}

function Statements({ stream }: { stream: PlannedStream }) {
  const statements = stream.changes.filter(({ sql }) => sql !== "");
  const lossy = losses(stream, "lossy") + losses(stream, "refused");
  return (
    <section className="mx-5 shrink-0 overflow-hidden rounded-3 border border-line">
      <div className="flex h-9 items-center gap-2 border-b border-line px-3">
        <h2 className="font-semibold">{text.table}</h2>
        <span className="text-12 text-fg-3">
          {statements.length === 0 ? text.noStatement : text.statements(statements.length)}
        </span>
        <span
          className={classes(
            "ml-auto flex items-center gap-1.5 text-12 font-medium",
            lossy > 0 ? "text-warn-text" : "text-fg-2",
          )}
        >
          {lossy > 0 ? (
            <TriangleAlert size={14} aria-hidden />
          ) : (
            <CircleCheck size={14} className="text-ok" aria-hidden />
          )}
          {lossy > 0 ? text.loses(lossy) : text.lossless}
        </span>
        {statements.length > 0 && <CopyButton text={statements.map(({ sql }) => `${sql};`).join("\n")} />}
      </div>
      {statements.length > 0 && (
        <div className="max-h-52 overflow-auto bg-surface-2 py-1.5">
          {statements.flatMap(({ sql, change }, at) =>
            sql.split("\n").map((line, number) => (
              <div
                key={`${at} ${number}`}
                className={classes(
                  "data flex h-5.5 items-center whitespace-pre",
                  change === "create" || change === "add_column" ? "bg-row-add" : "bg-row-chg",
                )}
              >
                <span
                  aria-hidden
                  className={classes(
                    "w-8 shrink-0 text-center",
                    change === "create" || change === "add_column" ? "text-ok-text" : "text-warn-text",
                  )}
                >
                  {number === 0 ? (change === "create" || change === "add_column" ? "+" : "~") : ""}
                </span>
                {line}
              </div>
            )),
          )}
        </div>
      )}
    </section>
  );
}

const Warnings = ({ stream: { warnings } }: { stream: PlannedStream }) =>
  warnings.length > 0 && (
    <ul
      aria-label={text.warnings}
      className="mx-5 mt-3 max-h-40 shrink-0 divide-y divide-warn-line overflow-auto rounded-3 border border-warn-line bg-warn-soft"
    >
      {warnings.map((warning, at) => (
        <li key={at} className="flex gap-2 px-3 py-2 text-12">
          <TriangleAlert size={14} className="mt-px shrink-0 text-warn-text" aria-hidden />
          <span>
            <Said text={warning.why} />
            {warning.help && (
              <span className="block text-fg-2">
                <Said text={warning.help} />
              </span>
            )}
          </span>
          <span className="code ml-auto text-fg-2">{warning.code}</span>
        </li>
      ))}
    </ul>
  );

const TONES: Partial<Record<Fit, Tone>> = {
  lossy: "warn",
  refused: "bad",
  masked: "running",
  computed: "running",
};

const ColumnRow = ({
  column: { column, from, type, lands, fit },
  isKey,
}: {
  column: PlannedColumn;
  isKey: boolean;
}) => (
  <Row>
    <Cell>
      <span className="data">{column}</span>
      {isKey && <span className="ml-1.5 text-11 text-fg-3">{words.jobs.key}</span>}
    </Cell>
    <Cell>
      {from && <span className="data">{from.column}</span>}
      {from && <span className="data ml-2 text-fg-3">{from.native}</span>}
    </Cell>
    <Cell className="data">{type}</Cell>
    <Cell className="data">{lands}</Cell>
    <Cell>
      {TONES[fit] ? (
        <Badge tone={TONES[fit]}>{text.fits[fit]}</Badge>
      ) : (
        <span className="text-fg-2">{text.fits[fit]}</span>
      )}
    </Cell>
  </Row>
);
