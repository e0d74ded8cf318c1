"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/fields/Fields.module.css";
import { CodeEditor } from "@/ui/CodeEditor";

interface Props {
  label: string;
  hint?: string;
  error?: string | null;
  value: string;
  onChange: (value: string) => void;
}

/** A program, in an editor that knows its language. */
export function CodeField({ label, hint, error, value, onChange }: Props): ReactNode {
  return (
    <div className={styles.list}>
      <span className={styles.legend}>{label}</span>
      {hint && <p className={styles.hint}>{hint}</p>}
      <div className={styles.code}>
        <CodeEditor label={label} language="python" value={value} onChange={onChange} />
      </div>
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}
