"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys } from "@/api/queries";
import { AnswerFields } from "@/features/inbox/AnswerFields";
import styles from "@/features/inbox/InboxScreen.module.css";
import { useLetters } from "@/features/inbox/useLetters";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Badge } from "@/ui/Status";
import { useToasts } from "@/ui/Toasts";
import { useTimes } from "@/ui/time";

type Item = Schema<"InboxItem">;

interface Props {
  item: Item;
  active: boolean;
  onActive: () => void;
}

/** One question: what is asked and why, and every way to answer it. On the active one, A takes the first option
 * and R the second. */
export function InboxCard({ item, active, onActive }: Props): ReactNode {
  const t = useT();
  const say = useToasts();
  const times = useTimes();
  const queries = useQueryClient();
  const card = useRef<HTMLElement>(null);
  const answer = useMutation({
    mutationFn: (given: unknown) =>
      data(
        api.POST("/api/runs/{run_id}/answers", {
          params: { path: { run_id: item.run_id } },
          body: { answer: given as never, request_id: item.request_id },
        }),
      ),
    onSuccess: () => say.done(t("inbox.answered")),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.inbox }),
  });
  const options = item.options ?? [];
  const { mutate, isPending } = answer;

  useLetters((key) => {
    const option = key === "a" ? options[0] : key === "r" ? options[1] : undefined;
    if (active && !isPending && option !== undefined) mutate(option);
  });
  useEffect(() => {
    if (active) card.current?.scrollIntoView({ block: "nearest" });
  }, [active]);

  return (
    <article ref={card} className={styles.card} data-active={active} aria-label={item.question} onFocus={onActive}>
      <p className={styles.question}>{item.question}</p>
      <p className={styles.facts}>
        <Badge tone="wait" icon="user">
          {item.kind}
        </Badge>
        <span className="muted">{t("inbox.asked", { ago: times.ago(item.asked_at) })}</span>
        {item.until && <span>{t("inbox.until", { moment: times.exact(item.until) })}</span>}
        {item.who.length > 0 && <span className="muted">{t("inbox.who", { who: item.who.join(", ") })}</span>}
        <Link to={href("/runs", { id: item.run_id })}>{t("inbox.run")}</Link>
      </p>
      <AnswerFields
        context={item.context}
        options={options}
        form={item.form}
        busy={isPending}
        error={answer.error}
        onAnswer={mutate}
      />
    </article>
  );
}
