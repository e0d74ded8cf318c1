"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/fields/Fields.module.css";
import { TemplateField } from "@/features/workflows/fields/TemplateField";
import { asData, freshName, withEntry } from "@/features/workflows/model/entries";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { Input } from "@/ui/Field";

interface Props {
  label: string;
  hint?: string;
  error?: string | null;
  values: Readonly<Record<string, unknown>>;
  /** Each value is an expression as a whole. */
  bare: boolean;
  onChange: (values: Record<string, unknown>) => void;
}

/** Values by name. A value that is no text is written as JSON, and stays what it is. */
export function MapField({ label, hint, error, values, bare, onChange }: Props): ReactNode {
  const t = useT();
  const entries = Object.entries(values);
  const put = (at: number, entry: [string, unknown] | null): void => onChange(withEntry(values, at, entry));
  return (
    <fieldset className={styles.list}>
      <legend>{label}</legend>
      {hint && <p className={styles.hint}>{hint}</p>}
      {entries.map(([name, value], at) => (
        <div key={at} className={styles.entry}>
          <div className={styles.row}>
            <Input
              className="mono"
              aria-label={t("workflows.entryName", { n: at + 1 })}
              value={name}
              onChange={(event) => (event.target.value === name || event.target.value in values ? undefined : put(at, [event.target.value, value]))}
            />
            <IconButton icon="close" small label={`${t("action.remove")} ${name}`} onClick={() => put(at, null)} />
          </div>
          <TemplateField
            label={t("workflows.entryValue", { name })}
            bare={bare}
            rows={1}
            value={typeof value === "string" ? value : JSON.stringify(value)}
            onChange={(text) => put(at, [name, typeof value === "string" ? text : asData(text)])}
          />
        </div>
      ))}
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
      <Button small icon="plus" onClick={() => onChange({ ...values, [freshName(values, "name")]: "" })}>
        {t("action.add")}
      </Button>
    </fieldset>
  );
}
