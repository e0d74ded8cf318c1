"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { useT } from "@/i18n";
import { Field, Input } from "@/ui/Field";

interface Props {
  /** Whose models are offered; null before it is saved: then any name can be written. */
  providerId: string | null;
  value: string;
  onChange: (value: string) => void;
}

/** The model's name: typed, or taken from what the provider itself lists. */
export function ModelField({ providerId, value, onChange }: Props): ReactNode {
  const t = useT();
  const id = useId();
  const models = useQuery({
    queryKey: [...keys.one("providers", providerId ?? ""), "models"],
    queryFn: () => data(api.GET("/api/providers/{provider_id}/models", { params: { path: { provider_id: providerId ?? "" } } })),
    enabled: providerId !== null,
    retry: false,
    staleTime: 60_000,
  });
  const hint = models.error ? messageOf(models.error) : models.data ? t("providers.models", { n: models.data.items.length }) : t("providers.modelHint");
  return (
    <>
      <Field label={t("providers.model")} hint={hint}>
        <Input required list={id} value={value} onChange={(event) => onChange(event.target.value)} />
      </Field>
      <datalist id={id}>
        {models.data?.items.map((model) => (
          <option key={model.id} value={model.id} />
        ))}
      </datalist>
    </>
  );
}
