"use client";
import type { ReactNode } from "react";
import type { Schema } from "@/api/client";
import styles from "@/features/knowledge/Knowledge.module.css";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import type { IconName } from "@/ui/Icon";
import { Badge, Progress, type Tone } from "@/ui/Status";

const LOOKS: Readonly<Record<string, [Tone, IconName]>> = {
  queued: ["quiet", "clock"],
  indexing: ["accent", "run"],
  ready: ["ok", "check"],
  failed: ["err", "alert"],
};

/** Where the indexing of something stands, in a word. */
export function IndexStatus({ status }: { status: string }): ReactNode {
  const t = useT();
  const [tone, icon] = LOOKS[status] ?? ["quiet", "clock"];
  return (
    <Badge tone={tone} icon={icon}>
      {status in LOOKS ? t(`knowledge.status.${status}` as Key) : status}
    </Badge>
  );
}

/** Where a data source stands: how far it is, and how many documents failed. */
export function SourceStatus({ source }: { source: Schema<"DataSourceView"> }): ReactNode {
  const t = useT();
  const busy = source.status === "indexing" || source.status === "queued";
  const { done = 0, percent = 0, total = 0 } = source.progress ?? {};
  return (
    <span className={styles.status}>
      <IndexStatus status={source.status} />
      {busy && (
        <>
          <Progress percent={percent} label={t("knowledge.progress")} />
          <span className="muted">{total > 0 ? `${done} / ${total}` : ""}</span>
        </>
      )}
      {source.counts.failed > 0 && <Badge tone="err">{t("home.sourceFailed", { n: source.counts.failed })}</Badge>}
    </span>
  );
}
