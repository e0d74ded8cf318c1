"use client";
import type { ReactNode } from "react";
import { EVENTS } from "@/features/triggers/model/draft";
import { SecretField } from "@/features/triggers/SecretField";
import { useTargets } from "@/features/triggers/targets";
import styles from "@/features/triggers/Triggers.module.css";
import type { PartProps } from "@/features/triggers/TriggerDialog";
import { errorAt } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { Check, Field, Input } from "@/ui/Field";

/** Who is told, of what, and of whose runs. */
export function OutgoingFields(props: PartProps): ReactNode {
  const { draft, change, error } = props;
  const t = useT();
  const { workflows, agents } = useTargets();
  return (
    <>
      <Field label={t("triggers.url")} error={errorAt(error, "url")}>
        <Input type="url" placeholder="https://" value={draft.url} onChange={(event) => change({ url: event.target.value })} />
      </Field>
      <fieldset className={styles.checks}>
        <legend>{t("triggers.events")}</legend>
        {EVENTS.map((each) => (
          <Check
            key={each}
            label={t(`triggers.event.${each}`)}
            checked={draft.events.includes(each)}
            onChange={() => change({ events: toggled(draft.events, each) })}
          />
        ))}
      </fieldset>
      {workflows.length + agents.length > 0 && (
        <fieldset className={styles.checks}>
          <legend>{t("triggers.watched")}</legend>
          <p className="muted">{t("triggers.watchedHint")}</p>
          {[...workflows, ...agents].map((each) => (
            <Check
              key={each.id}
              label={each.name}
              checked={draft.watched.includes(each.id)}
              onChange={() => change({ watched: toggled(draft.watched, each.id) })}
            />
          ))}
        </fieldset>
      )}
      <SecretField {...props} />
    </>
  );
}

function toggled(all: readonly string[], one: string): readonly string[] {
  return all.includes(one) ? all.filter((each) => each !== one) : [...all, one];
}
