import { useMemo } from "react";
import { reads } from "../canvas/model";
import { family } from "../mapping/types";
import { useDesigner } from "../state/designer";
import { current } from "../view/selection";

/** How many columns of the key tell rows apart without pushing what is chosen out of sight. */
const KEYS = 2;

/** A column of the grid. */
export interface Shown {
  id: string;
  name: string;
  side: "before" | "after";
  group: "key" | "before" | "after" | "rest";
  type: string;
  width: number;
}

export const isRight = (column: Shown) => family(column.type) === "num";

const widthOf = (type: string, name: string) => {
  const base = { num: 112, time: 176, bool: 84, id: 200, nest: 200, text: 160 }[family(type)];
  return Math.min(240, Math.max(base, name.length * 7.4 + 30));
};

/** The key, what goes in, what comes out, and the rest of the target's row. */
export function useColumns(at: "node" | "target"): Shown[] {
  const { canvas, selection, sample } = useDesigner();
  const types = sample.sample?.types;
  return useMemo(() => {
    const source = (place: number, group: Shown["group"]): Shown[] => {
      const column = canvas.source[place]?.column;
      return column
        ? [
            {
              id: `b ${group} ${column.name}`,
              name: column.name,
              side: "before",
              group,
              type: column.type,
              width: widthOf(column.type, column.name),
            },
          ]
        : [];
    };
    const known = new Map(canvas.target.map((row) => [row.name, row.type]));
    const target = (name: string, group: Shown["group"]): Shown => {
      const type = known.get(name) ?? types?.[name] ?? "string";
      return { id: `a ${name}`, name, side: "after", group, type, width: widthOf(type, name) };
    };
    const filled = canvas.target.filter((row) => row.origin !== undefined).map((row) => row.name);
    const name = current(selection);
    const place =
      selection.kind === "source" ? canvas.source.findIndex((row) => row.column.name === name) : -1;
    const chosen =
      at === "target" || name === undefined
        ? []
        : selection.kind === "target"
          ? filled.filter((other) => other === name)
          : canvas.target.filter((row) => reads(row.origin).includes(place)).map((row) => row.name);
    if (chosen.length === 0 && place < 0) {
      return filled.map((other) => target(other, "rest"));
    }
    const inputs =
      place >= 0
        ? [place]
        : [
            ...new Set(
              chosen.flatMap((other) => reads(canvas.target.find((row) => row.name === other)?.origin)),
            ),
          ];
    const keyed = canvas.source.flatMap((row, at) =>
      row.key && !inputs.includes(at) ? source(at, "key") : [],
    );
    const keys = keyed.slice(0, KEYS);
    const twice = new Set(keys.map((key) => key.name));
    const rest = filled
      .filter((other) => !chosen.includes(other) && !twice.has(other))
      .map((other) => target(other, "rest"));
    return [
      ...keys,
      ...inputs.flatMap((input) => source(input, "before")),
      ...chosen.map((other) => target(other, "after")),
      ...rest,
    ];
  }, [at, canvas, selection, types]);
}

export function grouped(shown: readonly Shown[]): { group: Shown["group"]; width: number }[] {
  const groups: { group: Shown["group"]; width: number }[] = [];
  for (const { group, width } of shown) {
    const last = groups.at(-1);
    if (last?.group === group) {
      last.width += width;
    } else {
      groups.push({ group, width });
    }
  }
  return groups;
}
