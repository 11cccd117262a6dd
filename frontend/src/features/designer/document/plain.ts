/** Changes of plain data: what a file has to say once its text was changed. */
import { isFields } from "./read";
import { nested, type Op } from "./splice";
import type { Path, Plain } from "./sync-file";

export function at(value: Plain | undefined, path: Path): Plain | undefined {
  let found = value;
  for (const segment of path) {
    if (Array.isArray(found) && typeof segment === "number") {
      found = found[segment];
    } else if (isFields(found) && Object.hasOwn(found, segment)) {
      found = found[String(segment)];
    } else {
      return undefined;
    }
  }
  return found;
}

/** The data after a change; what it does not touch is shared. */
export function changed(value: Plain | undefined, op: Op, depth = 0): Plain {
  const segment = op.path[depth];
  if (segment === undefined) {
    return op.op === "set" ? op.value : (value ?? null);
  }
  const last = depth === op.path.length - 1;
  if (Array.isArray(value)) {
    const index = Number(segment);
    if (op.op === "remove" && last) {
      return value.filter((_, other) => other !== index);
    }
    const copy = value.slice();
    copy[index] = changed(value[index], op, depth + 1);
    return copy;
  }
  if (!isFields(value)) {
    return op.op === "set" ? nested(op.path.slice(depth), op.value) : (value ?? null);
  }
  const name = String(segment);
  const entries = Object.entries(value);
  if (!Object.hasOwn(value, name)) {
    if (op.op !== "set") {
      return value;
    }
    return Object.fromEntries([...entries, [name, nested(op.path.slice(depth + 1), op.value)]]);
  }
  if (last && op.op === "remove") {
    return Object.fromEntries(entries.filter(([other]) => other !== name));
  }
  if (last && op.op === "rename") {
    return Object.fromEntries(entries.map(([other, item]) => [other === name ? op.to : other, item]));
  }
  return Object.fromEntries(
    entries.map(([other, item]) => [other, other === name ? changed(item, op, depth + 1) : item]),
  );
}

/** The data after changes in turn. */
export const changedBy = (value: Plain, ops: readonly Op[]): Plain =>
  ops.reduce<Plain>((now, op) => changed(now, op), value);

/** Whether two files say the same, in the same order. */
export function same(one: Plain, other: Plain): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
