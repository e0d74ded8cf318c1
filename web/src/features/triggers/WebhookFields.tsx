"use client";
import type { ReactNode } from "react";
import { SIGNATURES } from "@/features/triggers/model/draft";
import { SecretField } from "@/features/triggers/SecretField";
import type { PartProps } from "@/features/triggers/TriggerDialog";
import { errorAt } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { Field, Select } from "@/ui/Field";

/** Who may call a webhook, beside knowing its address. */
export function WebhookFields(props: PartProps): ReactNode {
  const { draft, change, error } = props;
  const t = useT();
  return (
    <>
      <Field label={t("triggers.signature")} hint={t("triggers.signatureHint")} error={errorAt(error, "signature")}>
        <Select value={draft.signature} onChange={(event) => change({ signature: event.target.value as typeof draft.signature })}>
          {SIGNATURES.map((each) => (
            <option key={each} value={each}>
              {t(`triggers.signature.${each}`)}
            </option>
          ))}
        </Select>
      </Field>
      {draft.signature !== "none" && <SecretField {...props} />}
    </>
  );
}
