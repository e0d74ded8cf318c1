"use client";
import { lazy, type ReactNode, Suspense } from "react";
import styles from "@/ui/CodeEditor.module.css";

export type CodeLanguage = "json" | "python" | "yaml";

export interface CodeMark {
  /** From 1. */
  line: number;
  message: string;
  severity: "error" | "warning";
}

export interface CodeEditorProps {
  label: string;
  language: CodeLanguage;
  value: string;
  onChange?: (value: string) => void;
  readOnly?: boolean;
  /** What is wrong, shown at its line. */
  marks?: readonly CodeMark[];
  /** Told the line of the caret. */
  onLine?: (line: number) => void;
  /** The line to bring into view, whenever it changes. */
  line?: number | null;
}

const View = lazy(() => import("@/ui/CodeEditorView"));
const Merge = lazy(() => import("@/ui/CodeMergeView"));

/** A text with line numbers, colours and marks. Its code is fetched when the first one is shown. */
export function CodeEditor(props: CodeEditorProps): ReactNode {
  return (
    <Suspense fallback={<pre className={styles.waiting}>{props.value}</pre>}>
      <View {...props} />
    </Suspense>
  );
}

export interface CodeDifferenceProps {
  label: string;
  language: CodeLanguage;
  before: string;
  after: string;
}

/** Two texts side by side, with what differs marked. */
export function CodeDifference(props: CodeDifferenceProps): ReactNode {
  return (
    <Suspense fallback={<pre className={styles.waiting}>{props.after}</pre>}>
      <Merge {...props} />
    </Suspense>
  );
}
