import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorLook } from "./theme";

/** A text in CodeMirror. What comes from outside replaces it without a loop; what is typed is told. */
export function CodeEditor({
  value,
  onChange,
  extensions,
  name,
  startAt,
  className,
}: {
  value: string;
  onChange: (value: string) => void;
  /** Read once. */
  extensions: Extension;
  name: string;
  /** The place that is in sight first. */
  startAt?: number | undefined;
  className?: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const tell = useRef(onChange);
  const first = useRef({ value, extensions, startAt, name });
  useEffect(() => {
    tell.current = onChange;
  }, [onChange]);
  useEffect(() => {
    if (!place.current) {
      return;
    }
    const { value: doc, extensions: more, startAt: at, name: label } = first.current;
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc,
        extensions: [
          more,
          editorLook,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((update) => {
            if (
              update.docChanged &&
              !update.transactions.some((transaction) => transaction.isUserEvent("outside"))
            ) {
              tell.current(update.state.doc.toString());
            }
          }),
        ],
      }),
    });
    view.current = editor;
    if (at !== undefined && at <= doc.length) {
      editor.dispatch({ effects: EditorView.scrollIntoView(at, { y: "start", yMargin: 24 }) });
    }
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const editor = view.current;
    const now = editor?.state.doc.toString();
    if (editor && now !== undefined && now !== value) {
      editor.dispatch({ changes: { from: 0, to: now.length, insert: value }, userEvent: "outside" });
    }
  }, [value]);
  return <div ref={place} className={className} />;
}
