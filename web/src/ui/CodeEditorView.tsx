"use client";
import { type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";
import { type ReactNode, useEffect, useRef } from "react";
import type { CodeEditorProps, CodeMark } from "@/ui/CodeEditor";
import styles from "@/ui/CodeEditor.module.css";
import { setup } from "@/ui/codeEditorSetup";

const setMarks = StateEffect.define<readonly CodeMark[]>();

class Message extends WidgetType {
  constructor(readonly mark: CodeMark) {
    super();
  }

  override eq(other: Message): boolean {
    return other.mark.message === this.mark.message && other.mark.severity === this.mark.severity;
  }

  toDOM(): HTMLElement {
    const element = document.createElement("div");
    element.className = "cm-message";
    element.dataset.severity = this.mark.severity;
    element.textContent = this.mark.message;
    return element;
  }
}

const marksField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    const effect = transaction.effects.find((each) => each.is(setMarks));
    if (!effect) return marks.map(transaction.changes);
    const { doc } = transaction.state;
    const drawn = (effect.value as readonly CodeMark[]).flatMap((mark): Range<Decoration>[] => {
      const line = doc.line(Math.min(Math.max(mark.line, 1), doc.lines));
      const wrong = mark.severity === "error" ? "cm-wrongLine" : "cm-dubiousLine";
      return [Decoration.line({ class: wrong }).range(line.from), Decoration.widget({ widget: new Message(mark), block: true, side: 1 }).range(line.to)];
    });
    return Decoration.set(drawn, true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The editor itself; see `CodeEditor`. */
export default function CodeEditorView({ label, language, value, onChange, readOnly = false, marks, onLine, line }: CodeEditorProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const told = useRef({ onChange, onLine });
  told.current = { onChange, onLine };
  const first = useRef(value);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const listening = EditorView.updateListener.of((update) => {
      if (update.docChanged && !update.transactions.some((each) => each.isUserEvent("outside"))) told.current.onChange?.(update.state.doc.toString());
      if (update.selectionSet) told.current.onLine?.(update.state.doc.lineAt(update.state.selection.main.head).number);
    });
    const made = new EditorView({ doc: first.current, parent: root, root, extensions: [...setup(label, language, readOnly), marksField, listening] });
    view.current = made;
    return () => {
      first.current = made.state.doc.toString();
      made.destroy();
      view.current = null;
    };
  }, [label, language, readOnly]);
  useEffect(() => {
    const now = view.current;
    if (!now || now.state.doc.toString() === value) return;
    now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value }, userEvent: "outside" });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: setMarks.of(marks ?? []) });
  }, [marks, value]);
  useEffect(() => {
    const now = view.current;
    if (!now || !line || line > now.state.doc.lines) return;
    now.dispatch({ effects: EditorView.scrollIntoView(now.state.doc.line(line).from, { y: "center" }) });
  }, [line]);
  return <div ref={host} className={styles.editor} />;
}
