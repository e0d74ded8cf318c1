"use client";
import type { ReactNode } from "react";
import { isObject } from "@/api/errors";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { asData, freshName, withEntry } from "@/features/workflows/model/entries";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { Check, Input, Select } from "@/ui/Field";

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "any"];

type Inputs = Readonly<Record<string, unknown>>;

interface Props {
  inputs: Inputs;
  onChange: (inputs: Record<string, unknown>) => void;
}

/** What a run is given: names, types, and whether they may be left out. */
export function InputsField({ inputs, onChange }: Props): ReactNode {
  const t = useT();
  const entries = Object.entries(inputs);
  const put = (at: number, entry: [string, unknown] | null): void => onChange(withEntry(inputs, at, entry));
  return (
    <fieldset className={styles.ways}>
      <legend>{t("workflows.inputs")}</legend>
      {entries.map(([name, value], at) => {
        const input = asObject(value);
        return (
          <div key={at} className={styles.input}>
            <Input
              className="mono"
              aria-label={t("workflows.input.name", { n: at + 1 })}
              value={name}
              onChange={(event) => (event.target.value in inputs ? undefined : put(at, [event.target.value, value]))}
            />
            <Select aria-label={t("workflows.input.type", { name })} value={String(input.type ?? "any")} onChange={(event) => put(at, [name, { ...input, type: event.target.value }])}>
              {TYPES.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </Select>
            <IconButton icon="close" small label={`${t("action.remove")} ${name}`} onClick={() => put(at, null)} />
            <Check
              label={t("workflows.input.required")}
              checked={input.required === true}
              onChange={(event) => put(at, [name, without({ ...input, required: event.target.checked || undefined })])}
            />
            <Input
              aria-label={t("workflows.input.default", { name })}
              placeholder={t("workflows.input.defaultShort")}
              value={input.default === undefined ? "" : typeof input.default === "string" ? input.default : JSON.stringify(input.default)}
              onChange={(event) => put(at, [name, without({ ...input, default: asDefault(event.target.value, String(input.type ?? "any")) })])}
            />
          </div>
        );
      })}
      <Button small icon="plus" onClick={() => onChange({ ...inputs, [freshName(inputs, "input")]: { type: "string", required: true } })}>
        {t("workflows.input.add")}
      </Button>
    </fieldset>
  );
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : { type: String(value) };
}

function without(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

function asDefault(text: string, type: string): unknown {
  if (text === "") return undefined;
  return type === "string" ? text : asData(text);
}
