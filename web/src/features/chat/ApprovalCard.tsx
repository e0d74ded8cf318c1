"use client";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import styles from "@/features/chat/ApprovalCard.module.css";
import type { Question } from "@/features/chat/model/turn";
import { AnswerFields } from "@/features/inbox/AnswerFields";
import { useT } from "@/i18n";
import { Badge } from "@/ui/Status";

interface Props {
  question: Question;
  onAnswer: (answer: unknown) => Promise<void>;
}

/** What the agent asks a person, answered right where it is asked. */
export function ApprovalCard({ question, onAnswer }: Props): ReactNode {
  const t = useT();
  const answer = useMutation({ mutationFn: onAnswer });
  return (
    <section className={styles.card} aria-label={t("chat.asks")}>
      <Badge tone="wait" icon="user">
        {t("status.WAITING_HUMAN")}
      </Badge>
      <p className={styles.question}>{question.question}</p>
      <AnswerFields
        context={question.context}
        options={question.options}
        busy={answer.isPending}
        error={answer.error}
        onAnswer={answer.mutate}
      />
    </section>
  );
}
