// What every code editor of the product has. It lives in a shadow root: its styles are adopted there, which the content
// security policy allows, and never become style elements of the page, which it does not.
import { closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { CodeLanguage } from "@/ui/CodeEditor";

const LANGUAGES: Readonly<Record<CodeLanguage, () => Extension>> = { json, python, yaml };

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--wait)" },
  { tag: [tags.comment, tags.meta, tags.punctuation], color: "var(--muted)" },
  { tag: [tags.function(tags.variableName), tags.className], color: "var(--warn)" },
]);

const LOOK = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--muted)", border: "0", borderInlineEnd: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklch, var(--accent) 6%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-wash)" },
  ".cm-wrongLine": { backgroundColor: "var(--err-wash)", boxShadow: "inset 3px 0 0 var(--err)" },
  ".cm-dubiousLine": { boxShadow: "inset 3px 0 0 var(--warn)" },
  ".cm-message": { color: "var(--err)", padding: "0 6px 2px 12px", fontFamily: "var(--sans)", fontSize: "12px", whiteSpace: "pre-wrap" },
  ".cm-message[data-severity=warning]": { color: "var(--warn)" },
  ".cm-collapsedLines": { color: "var(--muted)", background: "var(--sunk)", fontFamily: "var(--sans)" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '""' },
  ".cm-changedLine": { backgroundColor: "var(--mark)" },
  ".cm-changedText": { background: "var(--mark)" },
});

/** Replaces several lines itself: the browser would leave inline styles behind, which the content security policy refuses. */
const REPLACING = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    const within = empty || view.state.doc.lineAt(from).to >= to;
    if (within || event.inputType !== "insertText" || event.data === null || view.composing || view.state.readOnly) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/** The extensions of an editor. */
export function setup(label: string, language: CodeLanguage, readOnly: boolean): Extension[] {
  return [
    lineNumbers(),
    foldGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    syntaxHighlighting(COLOURS),
    LANGUAGES[language](),
    LOOK,
    REPLACING,
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    EditorState.readOnly.of(readOnly),
    EditorView.editable.of(!readOnly),
    EditorView.lineWrapping,
    // Escape, then Tab leaves the editor.
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...(readOnly ? [] : [indentWithTab])]),
  ];
}
