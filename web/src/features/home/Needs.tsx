"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { keys, useInbox } from "@/api/queries";
import styles from "@/features/home/HomeScreen.module.css";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Icon, type IconName } from "@/ui/Icon";
import { Section } from "@/ui/Page";
import { Badge, type Tone } from "@/ui/Status";

interface Need {
  id: string;
  to: string;
  text: string;
  label: string;
  icon: IconName;
  tone: Tone;
}

interface Run {
  id: string;
  kind: string;
  status: string;
  error?: Record<string, unknown> | null;
}

const OFTEN_MS = 10_000;
const MOST_FAILED = 5;

/** What waits for a person: questions, runs that failed, documents that could not be read. */
export function Needs({ runs }: { runs: readonly Run[] }): ReactNode {
  const t = useT();
  const inbox = useInbox(OFTEN_MS);
  const sources = useQuery({
    queryKey: [...keys.list("datasources"), "home"],
    queryFn: () => data(api.GET("/api/datasources", { params: { query: { limit: 50 } } })),
    refetchInterval: OFTEN_MS,
  });
  const needs: Need[] = [
    ...(inbox.data?.items ?? []).map(
      (item): Need => ({
        id: item.id,
        to: href("/inbox", { id: item.id }),
        text: item.question,
        label: t("home.question"),
        icon: "user",
        tone: "wait",
      }),
    ),
    ...(sources.data?.items ?? [])
      .filter((source) => source.status !== "ready" || source.counts.failed > 0)
      .map(
        (source): Need => ({
          id: source.id,
          to: href("/knowledge", { id: source.id }),
          text: source.name,
          label:
            source.status === "failed" || source.counts.failed > 0
              ? t("home.sourceFailed", { n: source.counts.failed })
              : t("home.indexing", { percent: source.progress?.percent ?? 0 }),
          icon: "book",
          tone: source.status === "failed" || source.counts.failed > 0 ? "err" : "accent",
        }),
      ),
    ...runs
      .filter((run) => run.status === "FAILED")
      .slice(0, MOST_FAILED)
      .map(
        (run): Need => ({
          id: run.id,
          to: href("/runs", { id: run.id }),
          text: String(run.error?.message ?? run.kind),
          label: t("home.runFailed"),
          icon: "run",
          tone: "err",
        }),
      ),
  ];
  return (
    <Section title={t("home.needs")}>
      {needs.length === 0 ? (
        <p className="muted">{t("home.nothing")}</p>
      ) : (
        <ul className={styles.list}>
          {needs.map((need) => (
            <li key={need.id}>
              <Link to={need.to} className={styles.row}>
                <Icon name={need.icon} />
                <span className={styles.name}>{need.text}</span>
                <Badge tone={need.tone}>{need.label}</Badge>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
