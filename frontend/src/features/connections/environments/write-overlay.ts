/**
 * An overlay in a sync file's text: what stands elsewhere stays as it is, comments and spaces with it. An overlay without keys goes, and
 * takes the environment along that it leaves empty; one that was empty before stays, since an agent may be told to want it.
 */
import { isFields } from "@/features/designer/document/read";
import type { Op } from "@/features/designer/document/splice";
import type { Plain } from "@/features/designer/document/sync-file";
import { words } from "@/words";
import {
  entriesOf,
  isEmpty,
  laidOver,
  overlaysOf,
  pathOf,
  valueAt,
  withKey,
  type Keys,
  type Place,
} from "./overlay";

/** The file's text with an overlay in the place of what is there; throws where it has no place for it. */
export async function withOverlay(text: string, place: Place, after: Keys): Promise<string> {
  const [{ parse }, { edited }, { withEnvironments, withoutGap }] = await Promise.all([
    import("@/features/designer/document/parse"),
    import("@/features/designer/document/edit"),
    import("./environments-text"),
  ]);
  const read = parse(text);
  if (!read.ok) {
    throw new Error(read.problem.why);
  }
  const { source } = read;
  const ops = overlayOps(source.plain, place, after);
  if (ops.length === 0) {
    return text;
  }
  const begun = withEnvironments(source, place, after);
  if (begun !== undefined) {
    return begun;
  }
  const done = edited(source, ops);
  if (!done) {
    throw new Error(words.environments.unwritable);
  }
  return withoutGap(source, done);
}

/** The changes that make a file say that. */
export function overlayOps(file: Plain, place: Place, after: Keys): Op[] {
  const path = pathOf(place);
  const before = valueAt(file, path);
  if (!isEmpty(after)) {
    return changes(before, after, path);
  }
  if (before === undefined) {
    return [];
  }
  // From the outside in: the first that holds nothing else goes.
  const gone = path.findIndex((_, depth) =>
    path.slice(depth + 1).every((_, more) => isAlone(file, path, depth + more)),
  );
  return [{ op: "remove", path: path.slice(0, gone + 1) }];
}

/** Whether what a path leads to at that depth holds one thing alone. */
const isAlone = (file: Plain, path: readonly string[], depth: number): boolean =>
  entriesOf(valueAt(file, path.slice(0, depth + 1))).length === 1;

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
 * A file in which a connection is what it is where the environment holds, to be tested as such: whichever environment holds at the agent,
 * nothing is laid over this connection. The environments stay, since one of them may have to be there.
 */
export function mergedFile(file: Plain, { connection }: Place, over: Keys): string {
  const merged = laidOver(valueAt(file, ["connections", connection]), over);
  const bare = overlaysOf(file, connection).reduce(
    (now, { environment }) => withKey(now, pathOf({ environment, connection }), {}),
    file as Keys,
  );
  return JSON.stringify(withKey(bare, ["connections", connection], merged), null, 2);
}
