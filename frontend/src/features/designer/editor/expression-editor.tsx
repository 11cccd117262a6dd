import {
  autocompletion,
  closeBrackets,
  completionKeymap,
  closeBracketsKeymap,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, insertTab } from "@codemirror/commands";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { bracketMatching } from "@codemirror/language";
import { type Diagnostic, linter } from "@codemirror/lint";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useMemo, useRef, useEffect } from "react";
import { words } from "@/words";
import { check } from "../expression/check";
import { FUNCTIONS } from "../expression/functions";
import { KEYWORDS } from "../expression/words";
import { asIdentifier, type Names } from "../mapping/names";
import { CodeEditor } from "./code-editor";

const text = words.designer;

/** An SQL expression over a stream's columns: completed, and checked as far as can be told here. */
export function ExpressionEditor({
  value,
  names,
  onChange,
  name,
}: {
  value: string;
  names: Names;
  onChange: (value: string) => void;
  name: string;
}) {
  const known = useRef(names);
  useEffect(() => {
    known.current = names;
  }, [names]);
  const extensions = useMemo(
    () => [
      lineNumbers(),
      history(),
      closeBrackets(),
      bracketMatching(),
      sql({ dialect: PostgreSQL }),
      // eslint-disable-next-line react-hooks/refs -- read when something is completed or checked, not while rendering
      autocompletion({ override: [(context) => complete(context, known.current)], icons: false }),
      // eslint-disable-next-line react-hooks/refs -- read when the expression is checked, not while rendering
      linter((view) => faultsOf(view, known.current), { delay: 250 }),
      EditorView.lineWrapping,
      keymap.of([
        ...completionKeymap,
        ...closeBracketsKeymap,
        ...historyKeymap,
        { key: "Escape", run: (view) => (view.contentDOM.blur(), true) },
        { key: "Shift-Tab", run: () => false },
        { key: "Alt-Tab", run: insertTab },
        ...defaultKeymap,
      ]),
    ],
    [],
  );
  return (
    <CodeEditor
      value={value}
      onChange={onChange}
      extensions={extensions}
      name={name}
      className="max-h-60 overflow-auto rounded-2 border border-line-2 bg-surface-2 focus-within:border-accent focus-within:shadow-[0_0_0_3px_var(--accent-soft)]"
    />
  );
}

function complete(context: CompletionContext, names: Names): CompletionResult | null {
  const word = context.matchBefore(/"[^"]*|[\p{L}_][\p{L}\p{N}_$]*/u);
  if (!word && !context.explicit) {
    return null;
  }
  return {
    from: word?.from ?? context.pos,
    options: [
      ...names.columns.map(({ name, type }) => ({
        label: asIdentifier(name),
        detail: type,
        type: "property",
        boost: 2,
      })),
      ...FUNCTIONS.map(({ name, takes }) => ({
        label: name,
        detail: `(${takes})`,
        type: "function",
        apply: `${name}(`,
        boost: 1,
      })),
      ...KEYWORDS.map((label) => ({ label, type: "keyword" })),
    ],
    validFor: /^["\p{L}\p{N}_$]*$/u,
  };
}

function faultsOf(view: EditorView, names: Names): Diagnostic[] {
  return check(view.state.doc.toString(), names).map((fault) => ({
    from: fault.from,
    to: Math.max(fault.to, fault.from),
    severity: "error",
    message: text.faults(fault),
    ...(fault.meant !== undefined && {
      actions: [
        {
          name: text.fixes(fault.meant),
          apply: (target: EditorView, from: number, to: number) =>
            target.dispatch({ changes: { from, to, insert: asIdentifier(fault.meant ?? "") } }),
        },
      ],
    }),
  }));
}
