import { CircleAlert } from "lucide-react";
import { EmptyState } from "@/components/empty-state";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { words } from "@/words";
import { useDesigner } from "../state/designer";
import { count } from "@/words/figures";
import { NoSample } from "./no-sample";

const text = words.designer;

/** The sampled rows that would not land, each with its reason. */
export function FailingPane() {
  const { sample: state, select } = useDesigner();
  const { sample } = state;
  if (!sample) {
    return <NoSample />;
  }
  if (sample.failing.length === 0 && sample.nulled === 0) {
    return <EmptyState title={text.sample.noFailing}>{text.sample.noFailingAbout}</EmptyState>;
  }
  return (
    <div className="min-h-0 grow overflow-auto">
      {(sample.rejected > 0 || sample.nulled > 0) && (
        <p className="px-5 py-1.5 text-12 text-fg-2">
          {[
            sample.rejected > 0 && text.sample.setAside(count(sample.rejected)),
            sample.nulled > 0 && text.sample.nulled(count(sample.nulled)),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
      <Table>
        <Head>
          <Column width={72} right>
            #
          </Column>
          <Column width={180}>{text.table.target}</Column>
          <Column width={220}>Code</Column>
          <Column>{words.errors.cause}</Column>
        </Head>
        <tbody>
          {sample.failing.map((one, at) => (
            <Row
              key={at}
              onClick={() => one.column !== undefined && select({ kind: "target", names: [one.column] })}
            >
              <Cell right>{one.row === undefined ? text.sample.unknownRow : one.row + 1}</Cell>
              <Cell className="data">{one.column}</Cell>
              <Cell className="code text-bad-text">
                <CircleAlert size={13} className="mr-1 inline align-[-2px]" aria-hidden />
                {one.code}
              </Cell>
              <Cell title={one.why}>{one.why}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
