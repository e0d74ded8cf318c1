"use client";
import { type ReactNode, useState } from "react";
import { messageOf } from "@/api/errors";
import styles from "@/features/chat/ApprovalCard.module.css";
import type { Question } from "@/features/chat/model/turn";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Field, Input } from "@/ui/Field";
import { Badge } from "@/ui/Status";

interface Props {
  question: Question;
  onAnswer: (answer: unknown) => Promise<void>;
}

/** What the agent asks a person, answered right where it is asked. */
export function ApprovalCard({ question, onAnswer }: Props): ReactNode {
  const t = useT();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const give = async (answer: unknown): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await onAnswer(answer);
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  };
  return (
    <section className={styles.card} aria-label={t("chat.asks")}>
      <Badge tone="wait" icon="user">
        {t("status.WAITING_HUMAN")}
      </Badge>
      <p className={styles.question}>{question.question}</p>
      {question.context && (
        <pre className={styles.context} tabIndex={0}>
          {question.context}
        </pre>
      )}
      <div className={styles.actions}>
        {question.options.map((option, at) => (
          <Button key={option} kind={at === 0 ? "primary" : "plain"} busy={busy} onClick={() => void give(option)}>
            {option}
          </Button>
        ))}
      </div>
      <form
        className={styles.other}
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) void give(text);
        }}
      >
        <Field label={t("chat.otherAnswer")} error={error}>
          <Input value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <Button type="submit" busy={busy} disabled={!text.trim()}>
          {t("action.send")}
        </Button>
      </form>
    </section>
  );
}
