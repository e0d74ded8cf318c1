"use client";
import { type ReactNode, useState } from "react";
import { messageOf } from "@/api/errors";
import styles from "@/features/inbox/AnswerFields.module.css";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Field, Input } from "@/ui/Field";
import { type JsonSchema, SchemaForm } from "@/ui/SchemaForm";

interface Props {
  /** What there is to know before one answers; nothing is shown of an empty one. */
  context: unknown;
  options: readonly string[];
  form?: JsonSchema | null;
  busy: boolean;
  error: Error | null;
  onAnswer: (answer: unknown) => void;
}

/** Every way to answer a question of a run: an option, a form, or words of one's own. */
export function AnswerFields({ context, options, form = null, busy, error, onAnswer }: Props): ReactNode {
  const t = useT();
  const [text, setText] = useState("");
  const wrong = error && messageOf(error);
  return (
    <>
      {context !== null && context !== undefined && context !== "" && (
        <pre className={styles.context} tabIndex={0} aria-label={t("inbox.context")}>
          {typeof context === "string" ? context : JSON.stringify(context, null, 2)}
        </pre>
      )}
      <div className={styles.actions}>
        {options.map((option, at) => (
          <Button key={option} kind={at === 0 ? "primary" : "plain"} busy={busy} onClick={() => onAnswer(option)}>
            {option}
          </Button>
        ))}
      </div>
      {form && wrong && (
        <p role="alert" className={styles.error}>
          {wrong}
        </p>
      )}
      {form ? (
        <SchemaForm schema={form} submit={t("action.send")} busy={busy} onSubmit={onAnswer} />
      ) : (
        <form
          className={styles.other}
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) onAnswer(text);
          }}
        >
          <Field label={options.length > 0 ? t("inbox.other") : t("inbox.answer")} error={wrong}>
            <Input value={text} onChange={(event) => setText(event.target.value)} />
          </Field>
          <Button type="submit" busy={busy} disabled={!text.trim()}>
            {t("action.send")}
          </Button>
        </form>
      )}
    </>
  );
}
