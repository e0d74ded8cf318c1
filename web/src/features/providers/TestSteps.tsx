"use client";
import type { ReactNode } from "react";
import type { Schema } from "@/api/client";
import styles from "@/features/providers/Providers.module.css";
import { useT } from "@/i18n";
import { Icon } from "@/ui/Icon";

/** The four steps of a test: each with its tick, or with what is wrong and what to do about it. */
export function TestSteps({ test }: { test: Schema<"ProviderTest"> }): ReactNode {
  const t = useT();
  return (
    <ol className={styles.steps} aria-label={t("providers.test")} aria-live="polite">
      {test.steps.map((step) => (
        <li key={step.name} className={styles.step} data-ok={String(step.ok)}>
          <Icon name={step.ok ? "check" : step.ok === false ? "alert" : "clock"} />
          <span>
            {t(`providers.step.${step.name}`)}: {t(step.ok ? "providers.step.ok" : step.ok === false ? "providers.step.failed" : "providers.step.skipped")}
          </span>
          {step.error && <p className={styles.wrong}>{String(step.error.message ?? "")}</p>}
          {step.fix && <p>{step.fix}</p>}
        </li>
      ))}
      {test.ok && (
        <li className="muted">
          {t("providers.answered", { model: test.model, ms: test.latency_ms })}
          {test.answer && ` “${test.answer.slice(0, 80)}”`}
        </li>
      )}
    </ol>
  );
}
