"use client";
import { cronShape } from "@/features/triggers/model/cron";
import { useLanguage } from "@/i18n";

const A_SUNDAY = Date.UTC(2023, 0, 1);
const DAY_MS = 86_400_000;

/** A function that says in the chosen language what a cron expression means; null where the next moments say it better. */
export function useCronWords(): (cron: string) => string | null {
  const { code, t } = useLanguage();
  const weekday = new Intl.DateTimeFormat(code, { weekday: "long", timeZone: "UTC" });
  const and = new Intl.ListFormat(code);
  return (cron) => {
    const shape = cronShape(cron);
    switch (shape?.kind) {
      case "minutes":
        return t("triggers.every.minutes", { n: shape.every });
      case "hours":
        return t("triggers.every.hours", { n: shape.every, minute: shape.minute });
      case "day":
        return t("triggers.every.day", { time: shape.time });
      case "week":
        return t("triggers.every.week", { time: shape.time, days: and.format(shape.days.map((day) => weekday.format(A_SUNDAY + day * DAY_MS))) });
      case "month":
        return t("triggers.every.month", { time: shape.time, day: shape.day });
      default:
        return null;
    }
  };
}
