"use client";
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import styles from "@/features/workflows/fields/Fields.module.css";
import { useVariables } from "@/features/workflows/fields/useVariables";
import type { Variable } from "@/features/workflows/model/scope";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Field, TextArea } from "@/ui/Field";

interface Props {
  label: string;
  hint?: string;
  error?: string | null;
  value: string;
  /** The whole text is an expression, so that names stand in it without braces. */
  bare: boolean;
  rows?: number;
  onChange: (value: string) => void;
}

const SHOWN = 8;

/** A text that can read what the nodes before came to. Typing `{{`, or Ctrl Space, lists what there is, each with its last real value. */
export function TemplateField({ label, hint, error, value, bare, rows, onChange }: Props): ReactNode {
  const t = useT();
  const list = useId();
  const box = useRef<HTMLDivElement>(null);
  const area = (): HTMLTextAreaElement | null => box.current?.querySelector("textarea") ?? null;
  const variables = useVariables();
  const [asked, setAsked] = useState<{ from: number; typed: string } | null>(null);
  const [at, setAt] = useState(0);
  const found = asked ? variables.filter((each) => each.path.toLowerCase().includes(asked.typed.toLowerCase())).slice(0, SHOWN) : [];

  const look = (text: string, caret: number): void => {
    const before = text.slice(0, caret);
    const open = /\{\{\s*([\w.]*)$/.exec(before);
    setAsked(open ? { from: caret - (open[1] ?? "").length, typed: open[1] ?? "" } : null);
    setAt(0);
  };
  const ask = (): void => {
    const caret = area()?.selectionStart ?? value.length;
    const word = /[\w.]*$/.exec(value.slice(0, caret))?.[0] ?? "";
    setAsked(asked ? null : { from: caret - word.length, typed: word });
    setAt(0);
    area()?.focus();
  };
  const put = (variable: Variable): void => {
    if (!asked) return;
    const [before, after] = [value.slice(0, asked.from), value.slice(asked.from + asked.typed.length)];
    const open = bare || /\{\{[^}]*$/.test(before);
    const closed = bare || /^[^{]*\}\}/.test(after);
    const piece = `${open ? "" : "{{ "}${variable.path}${closed ? "" : " }}"}`;
    const text = /\{\{$/.test(before) ? `${before} ${piece}${after}` : before + piece + after;
    onChange(text);
    setAsked(null);
    const caret = text.length - after.length;
    requestAnimationFrame(() => {
      area()?.focus();
      area()?.setSelectionRange(caret, caret);
    });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === " " && event.ctrlKey) ask();
    else if (!asked || found.length === 0) return;
    else if (event.key === "ArrowDown") setAt((at + 1) % found.length);
    else if (event.key === "ArrowUp") setAt((at + found.length - 1) % found.length);
    else if ((event.key === "Enter" || event.key === "Tab") && found[at]) put(found[at]);
    else if (event.key === "Escape") setAsked(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={box} className={styles.template} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setAsked(null)}>
      <Field label={label} hint={hint} error={error}>
        <TextArea
          className="mono"
          rows={rows ?? Math.min(Math.max(value.split("\n").length, bare ? 1 : 2), 12)}
          spellCheck={!bare}
          value={value}
          aria-controls={asked ? list : undefined}
          aria-activedescendant={asked && found[at] ? `${list}-${at}` : undefined}
          onChange={(event) => {
            onChange(event.target.value);
            look(event.target.value, event.target.selectionStart);
          }}
          onKeyDown={press}
        />
      </Field>
      <Button small kind="quiet" className={styles.insert} onClick={ask} aria-expanded={asked !== null} title={t("workflows.variables.hint")}>
        {t("workflows.variables.insert")}
      </Button>
      {asked && (
        <ul id={list} role="listbox" aria-label={t("workflows.variables")} className={styles.variables}>
          {found.map((variable, place) => (
            <li
              key={variable.path}
              id={`${list}-${place}`}
              role="option"
              aria-selected={place === at}
              onPointerDown={(event) => {
                event.preventDefault();
                put(variable);
              }}
            >
              <code>{variable.path}</code>
              <span className="muted">{shown(variable)}</span>
            </li>
          ))}
          {found.length === 0 && (
            <li role="option" aria-selected="false" className="muted">
              {t("workflows.variables.none")}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

/** The last real value in short, else the type. */
function shown({ type, value }: Variable): string {
  if (value === undefined) return type;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
