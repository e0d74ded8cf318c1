"use client";
import type { ReactNode } from "react";
import type { Span } from "@/features/runs/model/journal";
import styles from "@/features/runs/Runs.module.css";
import { useT } from "@/i18n";
import { Icon, type IconName } from "@/ui/Icon";
import { useTimes } from "@/ui/time";

interface Props {
  spans: readonly Span[];
  at: number;
  onSelect: (seq: number) => void;
}

const ICONS: Readonly<Record<string, IconName>> = { model: "bolt", tool: "tool", human: "user", node: "flow", document: "file", timer: "clock" };
const LEAST = 0.6;

/** What took how long, one line each. Choosing one goes to the state after its result. */
export function Timeline({ spans, at, onSelect }: Props): ReactNode {
  const t = useT();
  const times = useTimes();
  if (spans.length === 0) return <p className="muted">{t("runs.noSpans")}</p>;
  const from = Math.min(...spans.map((span) => span.start));
  const to = Math.max(from + 1, ...spans.map((span) => span.end ?? span.start));
  const place = (moment: number): number => ((moment - from) / (to - from)) * 100;
  return (
    <div className={styles.timeline} role="group" aria-label={t("runs.timeline")}>
      {spans.map((span) => {
        const target = span.result?.seq ?? span.seq;
        const took = span.end === null ? t("runs.open") : times.duration(span.end - span.start);
        const start = Math.min(place(span.start), 100 - LEAST);
        const width = Math.max(LEAST, place(span.end ?? to) - start);
        return (
          <button key={span.seq} type="button" className={styles.lane} aria-current={target === at} title={span.detail} onClick={() => onSelect(target)}>
            <span className={styles.laneName}>
              <Icon name={span.failed ? "alert" : (ICONS[span.kind] ?? "run")} />
              <span>{span.name}</span>
              {span.failed && <span className="visually-hidden">{t("status.FAILED")}</span>}
            </span>
            <svg className={styles.track} viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
              <rect className={styles.bar} data-kind={span.kind} data-failed={span.failed} data-open={span.end === null} x={start} y="3" width={width} height="8" />
            </svg>
            <span className={styles.took}>{took}</span>
          </button>
        );
      })}
    </div>
  );
}
