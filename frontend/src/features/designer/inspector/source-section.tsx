import { Button } from "@/components/button";
import { Switch } from "@/components/choice";
import { words } from "@/words";
import { reads, type SourceRow } from "../canvas/model";
import { TypeGlyph } from "../canvas/labels";
import { leaveOut, takeIn } from "../document/column-edits";
import { setKey } from "../document/stream-edits";
import { useDesigner } from "../state/designer";
import { ColumnProfile } from "./column-profile";
import { Fact, Section } from "./section";

const text = words.designer.inspector;

/** A source column: what it is, and where it goes. */
export function SourceSection({ row }: { row: SourceRow }) {
  const { canvas, mapping, edit, select, config, ends } = useDesigner();
  const { column } = row;
  const place = canvas.source.indexOf(row);
  const readers = canvas.target.filter((target) => reads(target.origin).includes(place));
  const key = config.primary_key ?? ends.source?.primaryKey ?? [];
  const setKeys = (on: boolean) => {
    const next = on ? [...key, column.name] : key.filter((name) => name !== column.name);
    edit(
      setKey(mapping.plain, mapping.place, "primary_key", next.length > 0 ? [...next] : undefined),
      text.asKey,
    );
  };
  return (
    <>
      <Section>
        <Fact name={words.designer.table.type}>
          <span className="inline-flex items-center gap-2">
            <TypeGlyph type={column.type} />
            <span className="data">{column.type}</span>
          </span>
        </Fact>
        {column.native !== undefined && (
          <Fact name={text.native}>
            <span className="data">{column.native}</span>
          </Fact>
        )}
        <Fact name="NULL">{column.nullable === false ? text.notNull : text.nullable}</Fact>
      </Section>
      <Section>
        <div className="mb-1 font-medium">{text.readBy}</div>
        {readers.length === 0 && <p className="text-12 text-fg-3">{text.nowhere}</p>}
        <ul>
          {readers.slice(0, 12).map((target) => (
            <li key={target.name}>
              <button
                type="button"
                className="flex h-7 w-full items-center gap-2 rounded-2 px-1 text-left hover:bg-surface-2"
                onClick={() => select({ kind: "target", names: [target.name] })}
              >
                <TypeGlyph type={target.type ?? "string"} />
                <span className="data min-w-0 truncate">{target.name}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="mt-2 flex flex-col gap-2 text-12">
          <Switch
            checked={row.leftOut}
            onChange={(out) =>
              edit((out ? leaveOut : takeIn)(mapping, column.name), out ? text.leaveOut : text.takeIn)
            }
          >
            {text.leaveOut}
          </Switch>
          <Switch checked={row.key} onChange={setKeys}>
            {text.asKey}
          </Switch>
          {!row.cursor && (
            <Button
              size="sm"
              className="self-start"
              onClick={() => edit(setKey(mapping.plain, mapping.place, "cursor", column.name), text.asCursor)}
            >
              {text.asCursor}
            </Button>
          )}
        </div>
      </Section>
      <ColumnProfile name={column.name} type={column.type} before />
    </>
  );
}
