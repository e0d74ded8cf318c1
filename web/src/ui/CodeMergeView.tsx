"use client";
import { MergeView } from "@codemirror/merge";
import { type ReactNode, useEffect, useRef } from "react";
import type { CodeDifferenceProps } from "@/ui/CodeEditor";
import styles from "@/ui/CodeEditor.module.css";
import { setup } from "@/ui/codeEditorSetup";

/** The comparison itself; see `CodeDifference`. */
export default function CodeMergeView({ label, language, before, after }: CodeDifferenceProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const extensions = setup(label, language, true);
    const view = new MergeView({
      a: { doc: before, extensions },
      b: { doc: after, extensions },
      parent: root,
      root,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => view.destroy();
  }, [after, before, label, language]);
  return <div ref={host} className={styles.editor} />;
}
