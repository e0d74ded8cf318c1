"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue, useEffect, useId, useState } from "react";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";
import { Moments } from "@/features/triggers/Moments";
import styles from "@/features/triggers/Triggers.module.css";
import type { PartProps } from "@/features/triggers/TriggerDialog";
import { errorAt } from "@/features/triggers/triggersApi";
import { useCronWords } from "@/features/triggers/useCronWords";
import { useT } from "@/i18n";
import { Field, Input, Select } from "@/ui/Field";

const REST_MS = 300;
const POLICIES = ["once", "skip", "all"] as const;

/** When a schedule comes, with its next moments as the server has them. */
export function ScheduleFields({ draft, change, error }: PartProps): ReactNode {
  const t = useT();
  const words = useCronWords();
  const zones = useId();
  const [cron, timezone] = [useRested(draft.cron.trim()), useRested(draft.timezone.trim())];
  const found = useQuery({
    queryKey: [...keys.list("moments"), cron, timezone],
    queryFn: () => data(api.GET("/api/triggers/moments", { params: { query: { cron, timezone } } })),
    enabled: cron !== "" && timezone !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const wrong = found.error ?? error;
  return (
    <>
      <div className={styles.pair}>
        <Field label={t("triggers.cron")} hint={words(draft.cron) ?? t("triggers.cronHint")} error={errorAt(wrong, "cron")}>
          <Input spellCheck={false} value={draft.cron} onChange={(event) => change({ cron: event.target.value })} />
        </Field>
        <Field label={t("triggers.timezone")} error={errorAt(wrong, "timezone")}>
          <Input list={zones} spellCheck={false} value={draft.timezone} onChange={(event) => change({ timezone: event.target.value })} />
        </Field>
      </div>
      <datalist id={zones}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {!found.error && found.data && <Moments moments={found.data.moments} timezone={timezone} />}
      <Field label={t("triggers.catchUp")}>
        <Select value={draft.catchUp} onChange={(event) => change({ catchUp: event.target.value as typeof draft.catchUp })}>
          {POLICIES.map((each) => (
            <option key={each} value={each}>
              {t(`triggers.catchUp.${each}`, { n: draft.catchUpLimit })}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}

/** A text once nobody has typed for a moment. */
function useRested(text: string): string {
  const deferred = useDeferredValue(text);
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(deferred), REST_MS);
    return () => clearTimeout(timer);
  }, [deferred]);
  return rested;
}
