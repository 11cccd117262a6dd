import { useState, type SyntheticEvent } from "react";
import { discoverConnection } from "@/api/connections";
import { useJob } from "@/api/jobs";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Input } from "@/components/field";
import { SectionTitle } from "@/components/page";
import { Rows } from "@/components/rows";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { count } from "@/words/figures";

const text = words.connections;

/** What `syncapp discover --json` tells; all numbers as text. */
interface Held {
  streams: {
    stream: string;
    estimated_rows?: string | null;
    primary_key?: string[];
    columns: { name: string; type: string }[];
  }[];
  next: string | null;
}

/** What a connection holds: its tables or files with their columns. Asked for, since it may take a while. */
export function Holdings({ project, connection }: { project: string; connection: string }) {
  const refused = useRefusal()("operator", project);
  const [pattern, setPattern] = useState("**");
  const { start, result, problem, isPending } = useJob<Held, boolean>((fresh) =>
    discoverConnection(project, connection, pattern || "**", fresh),
  );
  const look = (event: SyntheticEvent) => {
    event.preventDefault();
    start(result !== undefined);
  };
  return (
    <section className="flex min-h-0 grow flex-col" aria-label={text.streams}>
      <form onSubmit={look} className="flex shrink-0 items-center gap-2 px-5 py-3">
        <SectionTitle count={result?.streams.length}>{text.streams}</SectionTitle>
        {result?.next && <span className="text-12 text-fg-3">{text.discoverMore}</span>}
        <span className="grow" />
        <label className="flex items-center gap-2 text-12 text-fg-3" title={text.holdsAbout}>
          {text.pattern}
          <Input
            small
            data
            value={pattern}
            onChange={(event) => setPattern(event.target.value)}
            className="max-w-44"
          />
        </label>
        <Button type="submit" refused={refused} disabled={isPending}>
          {result ? text.discoverFresh : text.discover}
        </Button>
      </form>
      {problem && (
        <div className="max-w-160 px-5">
          <ProblemPanel title={text.discoverFailed} problem={problem} />
        </div>
      )}
      {!result && !problem && !isPending && <p className="px-5 text-fg-3">{text.holdsAbout}</p>}
      {isPending && <SkeletonRows rows={6} />}
      {result && (
        <Rows
          name={text.streams}
          height={30}
          items={result.streams}
          className="border-t border-line"
          head={
            <Head>
              <Column width="26%">{text.streamColumns.stream}</Column>
              <Column>{text.streamColumns.columns}</Column>
              <Column width="14%">{text.streamColumns.key}</Column>
              <Column width={108} right>
                {text.streamColumns.rows}
              </Column>
            </Head>
          }
          row={({ stream, columns, primary_key, estimated_rows }) => (
            <Row key={stream}>
              <Cell className="data">{stream}</Cell>
              <Cell
                className="data text-fg-2"
                title={columns.map(({ name, type }) => `${name}: ${type}`).join("\n")}
              >
                {columns.map(({ name }) => name).join(", ")}
              </Cell>
              <Cell className="data text-fg-2">{primary_key?.join(", ")}</Cell>
              <Cell right>{estimated_rows && count(estimated_rows)}</Cell>
            </Row>
          )}
        />
      )}
    </section>
  );
}
