"use client";
import { useQueries } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys } from "@/api/queries";
import styles from "@/features/knowledge/Knowledge.module.css";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Field, Input, Select } from "@/ui/Field";
import { Problem } from "@/ui/Page";

type Found = Schema<"FoundPassage">;

const RETRIEVERS = ["vector", "bm25", "hybrid"] as const;
const FUSIONS = ["convex", "rrf"] as const;
const TOP = 8;

/** What a question finds: by meaning, by words, and by both, with what each part gave to the score. */
export function Playground({ source }: { source: Schema<"DataSourceView"> }): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const [typed, setTyped] = useState(get("q") ?? "");
  const query = get("q") ?? "";
  const fusion = FUSIONS.find((each) => each === get("fusion")) ?? "convex";
  const without = source.embedding === null || source.embedding === undefined;
  const asked = useQueries({
    queries: RETRIEVERS.map((retriever) => ({
      queryKey: [...keys.one("search", source.id), query, retriever, fusion],
      queryFn: () =>
        data(
          api.POST("/api/datasources/{datasource_id}/search", {
            params: { path: { datasource_id: source.id } },
            body: { query, top_k: TOP, retriever, options: retriever === "hybrid" ? { fusion } : {}, where: [] },
          }),
        ),
      enabled: query !== "" && !(without && retriever !== "bm25"),
    })),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set({ q: typed.trim() });
  };
  return (
    <>
      <form className={styles.ask} onSubmit={submit}>
        <Field label={t("knowledge.question")}>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        <Field label={t("knowledge.fusion")}>
          <Select value={fusion} onChange={(event) => set({ fusion: event.target.value })}>
            {FUSIONS.map((each) => (
              <option key={each} value={each}>
                {t(`knowledge.fusion.${each}`)}
              </option>
            ))}
          </Select>
        </Field>
        <Button type="submit" kind="primary" icon="search" disabled={!typed.trim()}>
          {t("action.search")}
        </Button>
      </form>
      {query !== "" && (
        <div className={styles.columns}>
          {RETRIEVERS.map((retriever, at) => {
            const result = asked[at];
            return (
              <section key={retriever} className={styles.column} aria-label={t(`knowledge.retriever.${retriever}`)} aria-busy={result?.isFetching}>
                <h2>{t(`knowledge.retriever.${retriever}`)}</h2>
                {without && retriever !== "bm25" && <p className="muted">{t("knowledge.wordsOnly")}</p>}
                {result?.isLoading && <p className="muted">{t("state.loading")}</p>}
                {result?.error && <Problem error={result.error} />}
                {result?.data?.items.length === 0 && <p className="muted">{t("knowledge.nothing")}</p>}
                {result?.data?.items.map((found, rank) => <Passage key={found.chunk_id} found={found} rank={rank + 1} />)}
              </section>
            );
          })}
        </div>
      )}
    </>
  );
}

function Passage({ found, rank }: { found: Found; rank: number }): ReactNode {
  const t = useT();
  const why = found.explanation ?? {};
  const parts = (["vector", "bm25"] as const).filter((part) => why[`${part}_share`] !== undefined);
  return (
    <article className={styles.found} aria-label={found.document.name}>
      <header className={styles.foundHead}>
        <span>
          <span className="mono">{rank}</span> {found.document.name}
        </span>
        <span className="mono">{found.score.toFixed(3)}</span>
      </header>
      <p className={styles.passage} tabIndex={0}>
        {found.text}
      </p>
      {parts.length > 0 && (
        <div className={styles.shares}>
          {parts.map((part) => (
            <Share key={part} name={t(`knowledge.retriever.${part}` as Key)} share={why[`${part}_share`] ?? 0} rank={why[`${part}_rank`]} of={found.score} />
          ))}
        </div>
      )}
    </article>
  );
}

function Share({ name, share, rank, of }: { name: string; share: number; rank: number | undefined; of: number }): ReactNode {
  return (
    <>
      <span>{rank === undefined ? name : `${name} #${rank}`}</span>
      <meter className={styles.meter} min={0} max={of || 1} value={share} aria-label={name} />
      <span className="mono">{share.toFixed(3)}</span>
    </>
  );
}
