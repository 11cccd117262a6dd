import { EmptyState } from "@/components/empty-state";
import { words } from "@/words";
import { reads } from "../canvas/model";
import { Figures, useProfile } from "../inspector/column-profile";
import { Histogram } from "../inspector/histogram";
import { useDesigner } from "../state/designer";
import { current } from "../view/selection";
import { TypeGlyph } from "../canvas/labels";

const text = words.designer;

/** What the chosen column's values are like: before, where it comes from one column, and after. */
export function ProfilePane() {
  const { selection, canvas, sample } = useDesigner();
  const name = current(selection);
  const target = selection.kind === "target" ? canvas.target.find((row) => row.name === name) : undefined;
  const places = target
    ? reads(target.origin)
    : canvas.source.flatMap((row, at) =>
        selection.kind === "source" && row.column.name === name ? [at] : [],
      );
  if (name === undefined || !sample.sample) {
    return <EmptyState title={sample.sample ? text.profile.choose : text.profile.none} />;
  }
  return (
    <div className="flex gap-8 p-4">
      {places.slice(0, 3).map((place) => {
        const column = canvas.source[place]?.column;
        return (
          column && (
            <One key={column.name} title={text.sample.before} name={column.name} type={column.type} before />
          )
        );
      })}
      {target && <One title={text.sample.after} name={target.name} type={target.type} before={false} />}
    </div>
  );
}

function One({
  title,
  name,
  type,
  before,
}: {
  title: string;
  name: string;
  type: string | undefined;
  before: boolean;
}) {
  const { sample } = useDesigner();
  const found = useProfile(name, type, before);
  const failing = before ? 0 : (sample.sample?.failing.filter((one) => one.column === name).length ?? 0);
  return (
    <section className="w-80 min-w-0 shrink-0">
      <h3 className="mb-2 flex items-center gap-2">
        <span className="text-12 text-fg-3">{title}</span>
        <TypeGlyph type={type ?? "string"} />
        <span className="data min-w-0 truncate">{name}</span>
      </h3>
      {found ? (
        <>
          <Histogram profile={found} name={name} />
          <Figures found={found} failing={failing} />
        </>
      ) : (
        <p className="text-12 text-fg-3">{text.profile.none}</p>
      )}
    </section>
  );
}
