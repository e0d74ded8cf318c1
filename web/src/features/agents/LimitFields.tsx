"use client";
import type { ReactNode } from "react";
import styles from "@/features/agents/Agents.module.css";
import type { Draft } from "@/features/agents/draft";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { Check, Field, Input, Select } from "@/ui/Field";
import { Section } from "@/ui/Page";

interface Props {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

const LIMITS = ["max_steps", "max_tokens", "max_seconds", "max_cost"] as const;
const STRATEGIES = ["token_limited", "sliding_window", "summary"] as const;
const MODES = ["flag", "block", "off"] as const;

/** Memory, budget and guardrails. */
export function LimitFields({ draft, onChange }: Props): ReactNode {
  const t = useT();
  const { budget, guardrails, memory } = draft;
  return (
    <>
      <Section title={t("agents.memory")}>
        <div className={styles.row}>
          <Field label={t("agents.memory")}>
            <Select value={memory.strategy} onChange={(event) => onChange({ memory: { ...memory, strategy: event.target.value as never } })}>
              {STRATEGIES.map((each) => (
                <option key={each} value={each}>
                  {t(`agents.memory.${each}`)}
                </option>
              ))}
            </Select>
          </Field>
          {memory.strategy === "sliding_window" ? (
            <Count label={t("agents.window")} value={memory.window_size} onChange={(window_size) => onChange({ memory: { ...memory, window_size: window_size ?? 20 } })} />
          ) : (
            <Count label={t("agents.tokens")} value={memory.max_tokens} onChange={(max_tokens) => onChange({ memory: { ...memory, max_tokens: max_tokens ?? 8000 } })} />
          )}
        </div>
      </Section>
      <Section title={t("agents.budget")}>
        <div className={styles.row}>
          {LIMITS.map((limit) => (
            <Count
              key={limit}
              label={t(`agents.${limit}` as Key)}
              value={budget[limit] ?? null}
              onChange={(value) => onChange({ budget: { ...budget, [limit]: limit === "max_steps" ? (value ?? 10) : value } })}
            />
          ))}
        </div>
      </Section>
      <Section title={t("agents.guardrails")}>
        <div className={styles.row}>
          <Field label={t("agents.injection")}>
            <Select
              value={guardrails.injection}
              onChange={(event) => onChange({ guardrails: { ...guardrails, injection: event.target.value as never } })}
            >
              {MODES.map((mode) => (
                <option key={mode} value={mode}>
                  {t(`agents.injection.${mode}`)}
                </option>
              ))}
            </Select>
          </Field>
        </div>
        <div>
          <Check
            label={t("agents.secrets")}
            checked={guardrails.secrets ?? true}
            onChange={(event) => onChange({ guardrails: { ...guardrails, secrets: event.target.checked } })}
          />
          <Check
            label={t("agents.canary")}
            checked={guardrails.canary ?? false}
            onChange={(event) => onChange({ guardrails: { ...guardrails, canary: event.target.checked } })}
          />
        </div>
      </Section>
    </>
  );
}

function Count({ label, value, onChange }: { label: string; value: number | null | undefined; onChange: (value: number | null) => void }): ReactNode {
  return (
    <Field label={label}>
      <Input
        type="number"
        min={0}
        step="any"
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))}
      />
    </Field>
  );
}
