import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { auditQuery } from "@/api/access";
import type { AuditEntry } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { Dialog } from "@/components/dialog";
import { ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { Rows } from "@/components/rows";
import { Said } from "@/components/said";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { count, inFull } from "@/words/figures";
import { AdminPage } from "./admin-page";

const text = words.admin.auditLog;

/** Who did what to which object, from where. */
export function AuditPage() {
  const mayAll = useRefusal()("admin") === undefined;
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    ...auditQuery,
    enabled: mayAll,
  });
  const [open, setOpen] = useState<AuditEntry>();
  const entries = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <AdminPage part="audit">
      <p className="shrink-0 border-b border-line px-5 py-2 text-12 text-fg-3">
        <Said text={text.about} />
      </p>
      {error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !data ? (
        <SkeletonRows rows={12} />
      ) : entries.length === 0 ? (
        <p className="px-5 py-4 text-fg-3">
          <Said text={text.none} />
        </p>
      ) : (
        <Rows
          name={text.names}
          height={30}
          items={entries}
          onEnd={more}
          head={
            <Head>
              <Column width={80} right>
                {text.columns.number}
              </Column>
              <Column width={144}>{text.columns.at}</Column>
              <Column width={130}>{text.columns.actor}</Column>
              <Column width={176}>{text.columns.action}</Column>
              <Column>{text.columns.object}</Column>
              <Column width={120}>{text.columns.origin}</Column>
            </Head>
          }
          row={(entry) => (
            <Row key={entry.number}>
              <Cell right className="data">
                <button
                  type="button"
                  aria-label={text.open(entry.number)}
                  onClick={() => setOpen(entry)}
                  className="rounded-1 hover:underline"
                >
                  {count(entry.number)}
                </button>
              </Cell>
              <Cell>
                <Moment at={entry.at} />
              </Cell>
              <Cell className="font-medium">{entry.actor}</Cell>
              <Cell className="data">{entry.action}</Cell>
              <Cell className="data text-fg-2" title={entry.object}>
                {entry.object}
              </Cell>
              <Cell className="data text-fg-3">{entry.origin}</Cell>
            </Row>
          )}
          foot={!hasNextPage && <p className="px-5 py-2 text-12 text-fg-3">{text.end}</p>}
        />
      )}
      {open && <EntryDialog entry={open} onClose={() => setOpen(undefined)} />}
    </AdminPage>
  );
}

const EntryDialog = ({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) => (
  <Dialog
    open
    wide
    onClose={onClose}
    title={text.entry(count(entry.number))}
    about={`${entry.actor}, ${entry.origin}, ${inFull(entry.at)}`}
  >
    <p className="data mb-3">
      {entry.action} {entry.object}
    </p>
    {(["before", "after"] as const).map(
      (side) =>
        entry[side] != null && (
          <section key={side} className="mb-3">
            <h3 className="mb-1 text-12 font-medium text-fg-2">{text[side]}</h3>
            <pre className="data max-h-60 overflow-auto rounded-3 border border-line bg-surface-2 p-3 whitespace-pre-wrap">
              {JSON.stringify(entry[side], null, 2)}
            </pre>
          </section>
        ),
    )}
  </Dialog>
);
