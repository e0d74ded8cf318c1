"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/fields/Fields.module.css";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { Input } from "@/ui/Field";

interface Props {
  label: string;
  hint?: string;
  error?: string | null;
  values: readonly string[];
  /** What the fields suggest. */
  known?: readonly string[];
  onChange: (values: string[]) => void;
}

/** Short texts, one a line. */
export function ListField({ label, hint, error, values, known = [], onChange }: Props): ReactNode {
  const t = useT();
  const list = `known-${label}`;
  return (
    <fieldset className={styles.list}>
      <legend>{label}</legend>
      {hint && <p className={styles.hint}>{hint}</p>}
      {values.map((value, at) => (
        <div key={at} className={styles.row}>
          <Input
            aria-label={`${label} ${at + 1}`}
            value={value}
            list={known.length > 0 ? list : undefined}
            onChange={(event) => onChange(values.map((each, place) => (place === at ? event.target.value : each)))}
          />
          <IconButton icon="close" small label={`${t("action.remove")} ${value}`} onClick={() => onChange(values.filter((_, place) => place !== at))} />
        </div>
      ))}
      {known.length > 0 && (
        <datalist id={list}>
          {known.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
      <Button small icon="plus" onClick={() => onChange([...values, ""])}>
        {t("action.add")}
      </Button>
    </fieldset>
  );
}
