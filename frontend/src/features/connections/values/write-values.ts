/**
 * The values of a place in a sync file's text: what stands elsewhere stays as it is, comments and spaces with it. A place without keys
 * goes. An environment that it leaves empty goes with it unless it is to be kept, since an agent may be told to want it; so one that was
 * empty before stays. A connection goes with all that is laid over it, which would be of nothing.
 */
import { isFields } from "@/features/designer/document/read";
import type { Op } from "@/features/designer/document/splice";
import type { Plain } from "@/features/designer/document/sync-file";
import { words } from "@/words";
import {
  baseOf,
  entriesOf,
  isEmpty,
  laidOver,
  overlaysOf,
  pathOf,
  valueAt,
  withKey,
  type Keys,
  type Place,
} from "./values";

/** The file's text with values in the place of what is there; throws where it has no place for them. */
export async function withValues(text: string, place: Place, after: Keys, keeps = false): Promise<string> {
  const [{ parse }, { edited }, { withEnvironments, withoutGap }] = await Promise.all([
    import("@/features/designer/document/parse"),
    import("@/features/designer/document/edit"),
    import("./environments-text"),
  ]);
  const read = parse(text);
  if (!read.ok) {
    throw new Error(read.problem.why);
  }
  const begins = place.environment !== undefined && !isEmpty(after);
  const begun = begins ? withEnvironments(read.source, place, after) : undefined;
  if (begun !== undefined) {
    return begun;
  }
  let { source } = read;
  for (const one of isEmpty(after) ? gone(source.plain, place) : [place]) {
    const ops = valuesOps(source.plain, one, after, keeps);
    if (ops.length === 0) {
      continue;
    }
    const done = edited(source, ops);
    const next = done && parse(withoutGap(source, done));
    if (!next?.ok) {
      throw new Error(words.environments.unwritable);
    }
    source = next.source;
  }
  return source.text;
}

/** What goes where values go: with a connection's own, those that are laid over them. */
const gone = (file: Plain, place: Place): Place[] => [
  ...(place.environment === undefined
    ? overlaysOf(file, place.connection).map(({ environment }) => ({ ...place, environment }))
    : []),
  place,
];

/** The environments of which nothing would be left. */
export const emptiedBy = (file: Plain, place: Place): string[] =>
  gone(file, place).flatMap((one) =>
    one.environment !== undefined && outermost(file, one) < 2 ? one.environment : [],
  );

/** How deep the first of a place's path stands that holds nothing else. */
function outermost(file: Plain, place: Place): number {
  const path = pathOf(place);
  return path.findIndex((_, depth) =>
    path.slice(depth + 1).every((_, more) => isAlone(file, path, depth + more)),
  );
}

/** Whether what a path leads to at that depth holds one thing alone. */
const isAlone = (file: Plain, path: readonly string[], depth: number): boolean =>
  entriesOf(valueAt(file, path.slice(0, depth + 1))).length === 1;

/** The changes that make a file say that. */
function valuesOps(file: Plain, place: Place, after: Keys, keeps: boolean): Op[] {
  const path = pathOf(place);
  const before = valueAt(file, path);
  if (!isEmpty(after)) {
    return changes(before, after, path);
  }
  if (before === undefined) {
    return [];
  }
  if (place.environment === undefined) {
    return [{ op: "remove", path }];
  }
  const depth = outermost(file, place);
  return keeps && depth < 2
    ? [{ op: "set", path: path.slice(0, 2), value: {} }]
    : [{ op: "remove", path: path.slice(0, depth + 1) }];
}

function changes(before: Plain | undefined, after: Plain, path: readonly string[]): Op[] {
  if (!isFields(before) || !isFields(after) || isEmpty(before)) {
    const isSame = JSON.stringify(before) === JSON.stringify(after);
    return isSame ? [] : [{ op: "set", path, value: after }];
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...gone.map((key): Op => ({ op: "remove", path: [...path, key] })),
    ...Object.entries(after).flatMap(([key, value]) =>
      changes(valueAt(before, [key]), value, [...path, key]),
    ),
  ];
}

/**
 * A file in which a connection is what it is where those values hold, to be tested as such: whichever environment holds at the agent,
 * nothing is laid over this connection. The environments stay, since one of them may have to be there.
 */
export function mergedFile(file: Plain, place: Place, over: Keys): string {
  const { connection } = place;
  const bare = overlaysOf(file, connection).reduce(
    (now, { environment }) => withKey(now, pathOf({ environment, connection }), {}),
    file as Keys,
  );
  return JSON.stringify(withKey(bare, pathOf({ connection }), laidOver(baseOf(file, place), over)), null, 2);
}
