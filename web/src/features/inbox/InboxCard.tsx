"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import styles from "@/features/inbox/InboxScreen.module.css";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Button } from "@/ui/Button";
import { Field, Input } from "@/ui/Field";
import { SchemaForm } from "@/ui/SchemaForm";
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
  const [text, setText] = useState("");
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

  useEffect(() => {
    if (!active) return;
    const press = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
      if (typing || isPending || event.ctrlKey || event.metaKey || event.altKey) return;
      const option = event.key === "a" ? options[0] : event.key === "r" ? options[1] : undefined;
      if (option !== undefined) mutate(option);
    };
    globalThis.addEventListener("keydown", press);
    return () => globalThis.removeEventListener("keydown", press);
  }, [active, isPending, mutate, options]);
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
      {item.context !== null && item.context !== undefined && item.context !== "" && (
        <pre className={styles.context} tabIndex={0} aria-label={t("inbox.context")}>
          {typeof item.context === "string" ? item.context : JSON.stringify(item.context, null, 2)}
        </pre>
      )}
      {answer.error && (
        <p role="alert" className={styles.error}>
          {messageOf(answer.error)}
        </p>
      )}
      <div className={styles.actions}>
        {options.map((option, at) => (
          <Button key={option} kind={at === 0 ? "primary" : "plain"} busy={answer.isPending} onClick={() => answer.mutate(option)}>
            {option}
          </Button>
        ))}
      </div>
      {item.form ? (
        <SchemaForm schema={item.form} submit={t("action.send")} busy={answer.isPending} onSubmit={(value) => answer.mutate(value)} />
      ) : (
        <form
          className={styles.other}
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) answer.mutate(text);
          }}
        >
          <Field label={options.length > 0 ? t("inbox.other") : t("inbox.answer")}>
            <Input value={text} onChange={(event) => setText(event.target.value)} />
          </Field>
          <Button type="submit" busy={answer.isPending} disabled={!text.trim()}>
            {t("action.send")}
          </Button>
        </form>
      )}
    </article>
  );
}
