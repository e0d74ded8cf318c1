"use client";
import { useLanguage } from "@/i18n";

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Functions that write moments and durations in the chosen language. */
export function useTimes(): {
  ago: (moment: string | number | Date) => string;
  exact: (moment: string | number | Date) => string;
  duration: (ms: number) => string;
} {
  const { code, t } = useLanguage();
  return {
    ago: (moment) => {
      const seconds = (new Date(moment).getTime() - Date.now()) / 1000;
      const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
      if (!step) return t("time.now");
      const format = new Intl.RelativeTimeFormat(code, { numeric: "auto", style: "short" });
      return format.format(Math.round(seconds / step[1]), step[0]);
    },
    exact: (moment) => new Intl.DateTimeFormat(code, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(moment)),
    duration: (ms) => {
      if (ms < 1000) return `${Math.round(ms)} ms`;
      if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
      return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
    },
  };
}
