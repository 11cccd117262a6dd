import { defaultKeymap, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { indentUnit } from "@codemirror/language";
import { type Diagnostic, linter } from "@codemirror/lint";
import { keymap, lineNumbers, EditorView } from "@codemirror/view";
import { CircleAlert } from "lucide-react";
import { useMemo } from "react";
import { words } from "@/words";
import { isNode } from "yaml";
import { parse, type Source } from "../document/parse";
import { type StreamPlace, streamPath } from "../document/stream-edits";
import { current } from "../view/selection";
import { useDesigner } from "../state/designer";
import { CodeEditor } from "./code-editor";

const text = words.designer.yaml;

/** The sync file itself. The canvas and this text are one document: what one changes, the other shows. */
export function YamlEditor() {
  const { history, dispatch, mapping, selection } = useDesigner();
  const { problem } = history;
  const extensions = useMemo(
    () => [
      lineNumbers(),
      yaml(),
      indentUnit.of("  "),
      EditorView.lineWrapping,
      linter((view) => faultsOf(view), { delay: 150 }),
      // Undo is the document's: the same for canvas and text.
      keymap.of([
        { key: "Mod-z", run: () => (dispatch({ kind: "undo" }), true) },
        { key: "Mod-Shift-z", run: () => (dispatch({ kind: "redo" }), true) },
        { key: "Escape", run: (view) => (view.contentDOM.blur(), true) },
        indentWithTab,
        ...defaultKeymap.filter((binding) => !historyKeymap.includes(binding)),
      ]),
    ],
    [dispatch],
  );
  return (
    <div className="flex min-h-0 grow flex-col bg-surface-1">
      {problem && (
        <div
          role="status"
          className="flex items-center gap-2 border-b border-bad-line bg-bad-soft px-4 py-1.5 text-12"
        >
          <CircleAlert size={14} strokeWidth={1.6} className="shrink-0 text-bad-text" aria-hidden />
          <span>{text.broken(problem.line, problem.why)}</span>
        </div>
      )}
      <CodeEditor
        value={history.text}
        onChange={(typed) => dispatch({ kind: "type", text: typed, group: "yaml" })}
        extensions={extensions}
        name={text.name}
        startAt={placeOf(history.source, mapping.place, current(selection))}
        className="min-h-0 grow overflow-auto pl-2"
      />
    </div>
  );
}

/** Where the chosen column stands, or else its stream. */
function placeOf({ doc }: Source, place: StreamPlace, column: string | undefined): number | undefined {
  const path = streamPath(place);
  const found = [...(column === undefined ? [] : [[...path, "columns", column]]), path].map((one) =>
    doc.getIn(one, true),
  );
  const node = found.find((one) => isNode(one));
  return node?.range?.[0];
}

function faultsOf(view: EditorView): Diagnostic[] {
  const read = parse(view.state.doc.toString());
  if (read.ok) {
    return [];
  }
  const { offset, why } = read.problem;
  const from = Math.min(offset, view.state.doc.length);
  return [{ from, to: Math.min(from + 1, view.state.doc.length), severity: "error", message: why }];
}
