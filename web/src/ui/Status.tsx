"use client";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { cx } from "@/ui/cx";
import { Icon, type IconName } from "@/ui/Icon";
import styles from "@/ui/Status.module.css";

export type Tone = "quiet" | "ok" | "warn" | "err" | "wait" | "accent";

/** A word with a glyph and a colour; the colour alone never tells anything. */
export function Badge({ tone = "quiet", icon, children }: { tone?: Tone; icon?: IconName; children: ReactNode }): ReactNode {
  return (
    <span className={cx(styles.badge, styles[tone])}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}

const RUN: Readonly<Record<string, [Tone, IconName]>> = {
  PENDING: ["quiet", "clock"],
  RUNNING: ["accent", "run"],
  PAUSED: ["warn", "pause"],
  WAITING_HUMAN: ["wait", "user"],
  COMPLETED: ["ok", "check"],
  FAILED: ["err", "alert"],
  CANCELLED: ["quiet", "stop"],
};

/** Where a run stands. */
export function RunStatus({ status }: { status: string }): ReactNode {
  const t = useT();
  const [tone, icon] = RUN[status] ?? ["quiet", "clock"];
  return (
    <Badge tone={tone} icon={icon}>
      {status in RUN ? t(`status.${status}` as Key) : status}
    </Badge>
  );
}

/** How far something is, 0 to 100. */
export function Progress({ percent, label }: { percent: number; label: string }): ReactNode {
  return <progress className={styles.progress} max={100} value={percent} aria-label={label} />;
}
