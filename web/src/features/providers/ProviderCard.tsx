"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import styles from "@/features/providers/Providers.module.css";
import { TestSteps } from "@/features/providers/TestSteps";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { Removal } from "@/ui/Removal";
import { Badge } from "@/ui/Status";
import { useToasts } from "@/ui/Toasts";

interface Props {
  provider: Schema<"ProviderView">;
  onEdit: () => void;
}

/** One provider: what it is, and whether it works, tried when somebody asks. */
export function ProviderCard({ provider, onEdit }: Props): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const params = { params: { path: { provider_id: provider.id } } };
  const test = useMutation({ mutationFn: () => data(api.POST("/api/providers/{provider_id}/test", params)) });
  const toggle = useMutation({
    mutationFn: () => data(api.PATCH("/api/providers/{provider_id}", { ...params, body: { is_active: !provider.is_active } })),
    onError: (error) => say.failed(messageOf(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.list("providers") }),
  });
  const own = !provider.from_environment;
  return (
    <article className={styles.card} aria-label={provider.name}>
      <header className={styles.head}>
        <h2>{provider.name}</h2>
        <Badge tone={provider.is_active ? "ok" : "quiet"} icon={provider.is_active ? "check" : "pause"}>
          {provider.is_active ? t("providers.on") : t("providers.off")}
        </Badge>
      </header>
      <p className={styles.facts}>
        <span>{provider.provider_type}</span>
        <span className="mono">{provider.model_name || t("providers.defaultModel")}</span>
        {provider.base_url && <span className="mono">{provider.base_url}</span>}
        {provider.api_key && <span className="muted">{t("providers.key", { key: provider.api_key })}</span>}
        {provider.from_environment && <span className="muted">{t("providers.environment", { name: provider.from_environment })}</span>}
      </p>
      <div className={styles.actions}>
        <Button icon="plug" busy={test.isPending} onClick={() => test.mutate()}>
          {t("providers.test")}
        </Button>
        {own && (
          <>
            <Button icon="edit" onClick={onEdit}>
              {t("action.edit")}
            </Button>
            <Button busy={toggle.isPending} onClick={() => toggle.mutate()}>
              {provider.is_active ? t("providers.switchOff") : t("providers.switchOn")}
            </Button>
            <IconButton icon="trash" label={t("confirm.delete.title", { name: provider.name })} onClick={() => setLeaving(true)} />
          </>
        )}
      </div>
      {test.error && <p role="alert">{messageOf(test.error)}</p>}
      {test.data && <TestSteps test={test.data} />}
      {leaving && (
        <Removal
          name={provider.name}
          text={t("providers.deleteText")}
          from="providers"
          remove={() => data(api.DELETE("/api/providers/{provider_id}", params))}
          onClose={() => setLeaving(false)}
        />
      )}
    </article>
  );
}
