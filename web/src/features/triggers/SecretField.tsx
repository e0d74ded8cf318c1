"use client";
import type { ReactNode } from "react";
import type { PartProps } from "@/features/triggers/TriggerDialog";
import { errorAt } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { Field, Input } from "@/ui/Field";

/** A secret to put in place of the one that is there, or of the one that would be made up. */
export function SecretField({ draft, change, error, masked }: PartProps): ReactNode {
  const t = useT();
  return (
    <Field label={t("triggers.secret")} hint={t(masked ? "triggers.secretKept" : "triggers.secretHint")} error={errorAt(error, "secret")}>
      <Input type="password" autoComplete="new-password" placeholder={masked ?? ""} value={draft.secret} onChange={(event) => change({ secret: event.target.value })} />
    </Field>
  );
}
