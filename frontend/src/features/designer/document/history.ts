/**
 * A document while it is edited: its text, the last state that could be read, and what was done. Every edit can be undone: undoing all
 * of them gives the first text, byte for byte.
 */
import { edited } from "./edit";
import { parse, type Problem, type Source } from "./parse";
import type { Op, Splice } from "./splice";

/** One step of the history: a piece of text that took another one's place. */
interface Step {
  at: number;
  removed: string;
  inserted: string;
  label: string;
  /** Edits of one group that follow each other are one step, as typing in one field is. */
  group?: string;
}

export interface History {
  readonly text: string;
  /** The last text that could be read: what the canvas shows. */
  readonly source: Source;
  /** What is wrong with `text`, if it cannot be read. */
  readonly problem?: Problem;
  readonly past: readonly Step[];
  readonly future: readonly Step[];
  /** The text as it is kept elsewhere. */
  readonly saved: string;
}

export type Action =
  | { kind: "edit"; ops: readonly Op[]; label: string; group?: string }
  | { kind: "type"; text: string; group?: string }
  | { kind: "undo" }
  | { kind: "redo" }
  | { kind: "saved"; text: string };

/** Opens a text; where it cannot be read, an empty file stands for what could be shown. */
export function opened(text: string): History {
  const empty = parse("");
  if (!empty.ok) {
    throw new Error("an empty text can be read");
  }
  return shown({ text, source: empty.source, past: [], future: [], saved: text }, text);
}

export function reduce(history: History, action: Action): History {
  switch (action.kind) {
    case "edit": {
      if (history.problem) {
        return history;
      }
      const after = edited(history.source, action.ops);
      if (after === undefined || after.text === history.text) {
        return history;
      }
      return { ...done(history, after.text, action.label, action.group), source: after };
    }
    case "type":
      if (action.text === history.text) {
        return history;
      }
      return shown(done(history, action.text, "typing", action.group), action.text);
    case "undo": {
      const step = history.past.at(-1);
      if (!step) {
        return history;
      }
      const text = put(history.text, step.at, step.inserted, step.removed);
      return shown(
        { ...history, text, past: history.past.slice(0, -1), future: [...history.future, step] },
        text,
      );
    }
    case "redo": {
      const step = history.future.at(-1);
      if (!step) {
        return history;
      }
      const text = put(history.text, step.at, step.removed, step.inserted);
      return shown(
        { ...history, text, past: [...history.past, step], future: history.future.slice(0, -1) },
        text,
      );
    }
    case "saved":
      return { ...history, saved: action.text };
  }
}

export const isSaved = (history: History) => history.text === history.saved;

function put(text: string, at: number, old: string, fresh: string): string {
  return text.slice(0, at) + fresh + text.slice(at + old.length);
}

function done(history: History, text: string, label: string, group?: string): History {
  const last = history.past.at(-1);
  const joins = group !== undefined && last?.group === group && history.future.length === 0;
  const before = joins ? put(history.text, last.at, last.inserted, last.removed) : history.text;
  const past = joins ? history.past.slice(0, -1) : history.past;
  const { at, remove, insert } = between(before, text);
  const step: Step = {
    at,
    removed: before.slice(at, at + remove),
    inserted: insert,
    label,
    ...(group !== undefined && { group }),
  };
  return { ...without(history), text, past: [...past, step], future: [] };
}

function without(history: History): History {
  const { text, source, past, future, saved } = history;
  return { text, source, past, future, saved };
}

function shown(history: History, text: string): History {
  const read = parse(text);
  return read.ok ? { ...without(history), source: read.source } : { ...history, problem: read.problem };
}

/** The one piece that differs between two texts. */
export function between(before: string, after: string): Splice {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) {
    start += 1;
  }
  let end = 0;
  while (
    end < most - start &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  ) {
    end += 1;
  }
  return { at: start, remove: before.length - end - start, insert: after.slice(start, after.length - end) };
}
