import { useState } from "react";
import { Button } from "@/components/button";
import { Input } from "@/components/field";
import { LongSelect } from "@/components/select";
import { words } from "@/words";
import type { TargetRow } from "../canvas/model";
import * as columns from "../document/column-edits";
import { ExpressionEditor } from "../editor/expression-editor";
import { check } from "../expression/check";
import { TypeGlyph } from "../canvas/labels";
import { accept, connect } from "../state/actions";
import { useDesigner } from "../state/designer";
import { ColumnProfile } from "./column-profile";
import { FailingRows } from "./failing-rows";
import { FixButton } from "./fix-button";
import { LossNotice } from "./loss-notice";
import { MaskField } from "./mask-field";
import { Section } from "./section";
import { TypeField } from "./type-field";

const text = words.designer.inspector;

/** A target column: where its values come from, what becomes of them, and what they are like. */
export function TargetSection({ row }: { row: TargetRow }) {
  const designer = useDesigner();
  const proposal = designer.proposals.find((one) => one.target === row.name);
  return (
    <>
      {proposal && (
        <Section>
          <p className="text-12 text-fg-2">
            <b className="figures text-accent-text">{proposal.percent} %</b> ·{" "}
            {words.designer.reasons[proposal.reason]}
          </p>
          <p className="mt-1 text-12">{text.proposalAbout(proposal.source, proposal.target)}</p>
          <div className="mt-2 flex gap-2">
            <Button size="sm" keys="enter" onClick={() => accept(designer, [proposal])}>
              {words.designer.tools.accept}
            </Button>
            <Button size="sm" look="ghost" keys="delete" onClick={() => designer.refuse([proposal])}>
              {words.designer.tools.refuse}
            </Button>
          </div>
        </Section>
      )}
      {row.origin?.kind === "expression" ? (
        <ExpressionPart row={row} text={row.origin.text} />
      ) : (
        <SourcePart row={row} />
      )}
      <Section>
        <NamePart row={row} />
        <TypeField row={row} />
        <LossNotice row={row} />
        <MaskField row={row} />
      </Section>
      {row.origin && <ColumnProfile name={row.name} type={row.type} />}
      <FailingRows column={row.name} />
    </>
  );
}

function ExpressionPart({ row, text: expression }: { row: TargetRow; text: string }) {
  const { mapping, edit, ends, canvas } = useDesigner();
  const faults = check(expression, ends.names);
  const first = faults[0];
  const inputs = row.origin?.kind === "expression" ? row.origin.columns : [];
  return (
    <Section>
      <ExpressionEditor
        value={expression}
        names={ends.names}
        name={`${text.expression} ${row.name}`}
        onChange={(typed) =>
          edit(
            columns.setExpression(mapping, row.name, typed),
            words.designer.edits.expression,
            `expr ${row.name}`,
          )
        }
      />
      <div className="mt-1.5 flex min-h-6 items-center gap-2 text-12 text-fg-3">
        {first ? (
          <span className="min-w-0 truncate text-bad-text" title={words.designer.faults(first)}>
            {words.designer.faults(first)}
          </span>
        ) : (
          <span className="text-ok-text">{text.valid}</span>
        )}
        <FixButton row={row} />
        <span
          className="ml-auto shrink-0"
          title={inputs.map((input) => canvas.source[input]?.column.name).join(", ")}
        >
          {text.inputs(inputs.length)}
        </span>
      </div>
    </Section>
  );
}

/** The source column that fills it; another one, or an expression, can be chosen. */
function SourcePart({ row }: { row: TargetRow }) {
  const designer = useDesigner();
  const { canvas, mapping, edit } = designer;
  const own = row.origin?.kind === "source" ? canvas.source[row.origin.column]?.column : undefined;
  const choices = [
    ...(own ? [] : [{ value: "", name: text.nothing }]),
    ...canvas.source.map(({ column }) => ({ value: column.name, name: column.name })),
  ];
  return (
    <Section>
      <div className="mb-1 text-12 font-medium text-fg-2">{text.from}</div>
      <div className="flex items-center gap-2">
        {own && <TypeGlyph type={own.type} />}
        <LongSelect
          small
          aria-label={text.from}
          className="min-w-0 grow"
          value={own?.name ?? ""}
          choices={choices}
          onChoose={(name) => name !== "" && connect(designer, name, row.name)}
        />
      </div>
      {row.origin?.kind === "unknown" && (
        <div className="mt-2 flex items-center gap-2 text-12">
          <span className="min-w-0 truncate text-bad-text">
            {words.designer.canvas.unknown(row.origin.why)}
          </span>
          <FixButton row={row} />
        </div>
      )}
      <Button
        size="sm"
        look="ghost"
        className="mt-1.5 -ml-2"
        onClick={() =>
          edit(
            own
              ? columns.toExpression(mapping, row.name, own.name)
              : columns.setExpression(mapping, row.name, "''"),
            text.compute,
          )
        }
      >
        {text.compute}
      </Button>
    </Section>
  );
}

/** The name, changed where it is left or Enter is pressed. */
function NamePart({ row }: { row: TargetRow }) {
  const { mapping, edit, select } = useDesigner();
  const [typed, setTyped] = useState(row.name);
  const rename = () => {
    const ops = columns.renameColumn(mapping, row.name, typed.trim());
    if (ops.length === 0) {
      setTyped(row.name);
      return;
    }
    edit(ops, text.name);
    select({ kind: "target", names: [typed.trim()] });
  };
  return (
    <div className="mb-2 flex items-center gap-2">
      <span className="min-w-0 grow truncate text-12 text-fg-2">{text.name}</span>
      <Input
        small
        data
        aria-label={text.name}
        className="w-48! shrink-0"
        value={typed}
        disabled={!row.origin}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={rename}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.currentTarget.blur();
          }
        }}
      />
    </div>
  );
}
