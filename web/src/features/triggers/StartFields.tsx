"use client";
import type { ReactNode } from "react";
import { inputsAreReadable } from "@/features/triggers/model/draft";
import { useTargets } from "@/features/triggers/targets";
import type { PartProps } from "@/features/triggers/TriggerDialog";
import { errorAt } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { Field, Select, TextArea } from "@/ui/Field";

/** What is started, and with what. */
export function StartFields({ draft, change, error }: PartProps): ReactNode {
  const t = useT();
  const { workflows, agents } = useTargets();
  const wrong = inputsAreReadable(draft.inputs) ? errorAt(error, "inputs") : t("form.json");
  const hint = t(draft.kind === "webhook" ? "triggers.inputsHint.webhook" : "triggers.inputsHint.schedule");
  return (
    <>
      <Field label={t("triggers.target")} error={errorAt(error, "target")}>
        <Select value={draft.target} onChange={(event) => change({ target: event.target.value, version: null })}>
          <option value="">{t("triggers.choose")}</option>
          <optgroup label={t("nav.workflows")}>
            {workflows.map((each) => (
              <option key={each.id} value={`workflow:${each.id}`}>
                {each.name}
              </option>
            ))}
          </optgroup>
          <optgroup label={t("nav.agents")}>
            {agents.map((each) => (
              <option key={each.id} value={`agent:${each.id}`}>
                {each.name}
              </option>
            ))}
          </optgroup>
        </Select>
      </Field>
      {draft.target.startsWith("agent:") ? (
        <Field label={t("triggers.message")} hint={hint} error={errorAt(error, "inputs")}>
          <TextArea rows={3} value={draft.message} onChange={(event) => change({ message: event.target.value })} />
        </Field>
      ) : (
        <Field label={t("triggers.inputs")} hint={hint} error={wrong}>
          <TextArea rows={4} spellCheck={false} value={draft.inputs} placeholder={'{"name": "…"}'} onChange={(event) => change({ inputs: event.target.value })} />
        </Field>
      )}
      <Field label={t("triggers.overlap")}>
        <Select value={draft.overlap} onChange={(event) => change({ overlap: event.target.value as typeof draft.overlap })}>
          <option value="allow">{t("triggers.overlap.allow")}</option>
          <option value="skip">{t("triggers.overlap.skip")}</option>
        </Select>
      </Field>
    </>
  );
}
