"use client";
import type { ReactNode } from "react";
import styles from "@/features/triggers/Triggers.module.css";
import { useLanguage } from "@/i18n";

/** The next moments of a schedule, by the clocks of its time zone. */
export function Moments({ moments, timezone }: { moments: readonly string[]; timezone: string }): ReactNode {
  const { code, t } = useLanguage();
  const format = clock(code, timezone);
  return (
    <div className={styles.moments}>
      <span className="muted">{t("triggers.moments", { timezone })}</span>
      <ol aria-label={t("triggers.moments", { timezone })}>
        {moments.map((moment) => (
          <li key={moment}>
            <time dateTime={moment}>{format.format(new Date(moment))}</time>
          </li>
        ))}
      </ol>
    </div>
  );
}

function clock(code: string, timezone: string): Intl.DateTimeFormat {
  const look: Intl.DateTimeFormatOptions = {
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  };
  try {
    return new Intl.DateTimeFormat(code, { ...look, timeZone: timezone });
  } catch {
    return new Intl.DateTimeFormat(code, look); // the server knows a zone that this browser does not
  }
}
