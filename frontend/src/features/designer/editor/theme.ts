/** How the editors look: our tokens, and the page's nonce for the styles that they add. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { nonce } from "@/platform/nonce";

const look = EditorView.theme({
  "&": { fontSize: "12px", color: "var(--text-1)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "var(--font-mono)",
    lineHeight: "19px",
    letterSpacing: "-0.02em",
    fontFeatureSettings: '"zero", "calt" 0',
  },
  ".cm-content": { padding: "6px 0", caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "1.5px" },
  ".cm-gutters": { backgroundColor: "transparent", border: "none", color: "var(--text-3)", fontSize: "11px" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "26px", padding: "0 8px 0 0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--surface-pop)",
    border: "1px solid var(--line-2)",
    borderRadius: "var(--r-3)",
    boxShadow: "var(--e-2)",
    color: "var(--text-1)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--font-mono)",
    maxHeight: "196px",
    padding: "4px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    padding: "0 8px",
    lineHeight: "26px",
    borderRadius: "4px",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--surface-3)",
    color: "var(--text-1)",
  },
  ".cm-completionDetail": {
    color: "var(--text-3)",
    fontStyle: "normal",
    marginLeft: "8px",
    fontSize: "11px",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-diagnostic": { fontFamily: "var(--font-sans)", padding: "4px 8px", borderLeft: "none" },
  ".cm-diagnosticAction": {
    backgroundColor: "var(--surface-3)",
    color: "var(--text-1)",
    borderRadius: "4px",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad)",
    textDecorationSkipInk: "none",
    textUnderlineOffset: "3px",
  },
  ".cm-placeholder": { color: "var(--text-3)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--t-bool)" },
  {
    tag: [tags.function(tags.variableName), tags.standard(tags.name), tags.typeName],
    color: "var(--t-time)",
  },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--t-nest)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--t-num)" },
  { tag: [tags.comment], color: "var(--text-3)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-text)" },
  { tag: [tags.name], color: "var(--t-num)" },
]);

export const editorLook = [look, syntaxHighlighting(colours), EditorView.cspNonce.of(nonce)];
