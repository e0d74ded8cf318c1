"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import styles from "@/features/knowledge/Knowledge.module.css";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { Button } from "@/ui/Button";
import { Check, Field, Fields, Input, Select } from "@/ui/Field";
import { useToasts } from "@/ui/Toasts";

type Source = Schema<"DataSourceView">;

const STRATEGIES = ["recursive", "fixed", "structure", "semantic", "code", "parent_child", "question_answer"] as const;
const RETRIEVERS = ["hybrid", "bm25", "vector"] as const;
const HOURS: readonly (number | null)[] = [null, 3600, 21_600, 86_400, 604_800];

/** How a source is cut, searched and kept fresh. */
export function SourceSettings({ source }: { source: Source }): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const [name, setName] = useState(source.name);
  const [chunker, setChunker] = useState(source.chunker);
  const [retriever, setRetriever] = useState(String(source.retrieval?.retriever ?? "hybrid"));
  const [every, setEvery] = useState(source.sync_every ?? null);
  const [watch, setWatch] = useState(source.watch ?? false);
  const save = useMutation({
    mutationFn: () =>
      data(
        api.PATCH("/api/datasources/{datasource_id}", {
          params: { path: { datasource_id: source.id } },
          body: {
            name,
            chunker,
            retrieval: { ...source.retrieval, retriever } as never,
            sync_every: every,
            ...(source.source_path && source.source_type === "file" ? { watch } : {}),
          },
        }),
      ),
    onSuccess: () => {
      say.done(t("action.saved"));
      return queries.invalidateQueries({ queryKey: keys.one("datasources", source.id) });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Fields>
        <Field label={t("knowledge.name")} error={save.error ? messageOf(save.error) : null}>
          <Input required value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t("knowledge.chunker")} hint={t("knowledge.chunkerHint")}>
          <Select value={chunker.strategy} onChange={(event) => setChunker({ ...chunker, strategy: event.target.value as never })}>
            {STRATEGIES.map((each) => (
              <option key={each} value={each}>
                {t(`knowledge.chunker.${each}` as Key)}
              </option>
            ))}
          </Select>
        </Field>
        <div className={styles.kinds}>
          <Field label={t("knowledge.size")}>
            <Input
              type="number"
              min={32}
              max={10_000}
              value={chunker.chunk_size ?? 1000}
              onChange={(event) => setChunker({ ...chunker, chunk_size: Number(event.target.value) })}
            />
          </Field>
          <Field label={t("knowledge.overlap")}>
            <Input
              type="number"
              min={0}
              value={chunker.overlap ?? 0}
              onChange={(event) => setChunker({ ...chunker, overlap: Number(event.target.value) })}
            />
          </Field>
        </div>
        <Field label={t("knowledge.retriever")}>
          <Select value={retriever} onChange={(event) => setRetriever(event.target.value)}>
            {RETRIEVERS.map((each) => (
              <option key={each} value={each}>
                {t(`knowledge.retriever.${each}`)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t("knowledge.sync")}>
          <Select value={String(every)} onChange={(event) => setEvery(event.target.value === "null" ? null : Number(event.target.value))}>
            {HOURS.map((seconds) => (
              <option key={String(seconds)} value={String(seconds)}>
                {seconds === null ? t("knowledge.sync.never") : t("knowledge.sync.hours", { n: seconds / 3600 })}
              </option>
            ))}
          </Select>
        </Field>
        {source.source_path && source.source_type === "file" && (
          <Check label={t("knowledge.watch")} checked={watch} onChange={(event) => setWatch(event.target.checked)} />
        )}
        <div>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {t("action.save")}
          </Button>
        </div>
      </Fields>
    </form>
  );
}
