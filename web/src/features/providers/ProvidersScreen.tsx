"use client";
import type { ReactNode } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys, usePages } from "@/api/queries";
import { Prices } from "@/features/providers/Prices";
import { ProviderCard } from "@/features/providers/ProviderCard";
import { ProviderForm } from "@/features/providers/ProviderForm";
import styles from "@/features/providers/Providers.module.css";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Empty, Page, Problem } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";

type Provider = Schema<"ProviderView">;

/** Where models come from, and what they cost. */
export function ProvidersScreen(): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const found = usePages<Provider>(keys.list("providers"), (cursor) =>
    data(api.GET("/api/providers", { params: { query: { limit: 50, cursor } } })),
  );
  const view = get("view") ?? "providers";
  const edited = found.items.find((provider) => provider.id === get("id"));
  const add = (
    <Button kind="primary" icon="plus" onClick={() => set({ new: 1 })}>
      {t("providers.add")}
    </Button>
  );
  return (
    <Page title={t("nav.providers")} busy={found.loading} actions={add}>
      {found.error && <Problem error={found.error} onRetry={found.refetch} />}
      <Tabs
        label={t("nav.providers")}
        active={view}
        onChange={(next) => set({ view: next })}
        tabs={[
          { id: "providers", label: t("nav.providers") },
          { id: "prices", label: t("providers.prices") },
        ]}
      >
        {view === "prices" ? (
          <Prices />
        ) : (
          <>
            {!found.loading && found.items.length === 0 && (
              <Empty icon="plug" title={t("providers.none")} action={add}>
                {t("providers.noneText")}
              </Empty>
            )}
            <ul className={styles.cards}>
              {found.items.map((provider) => (
                <li key={provider.id}>
                  <ProviderCard provider={provider} onEdit={() => set({ id: provider.id })} />
                </li>
              ))}
            </ul>
            {found.more && <Button onClick={found.more}>{t("action.more")}</Button>}
          </>
        )}
      </Tabs>
      {get("new") && <ProviderForm onClose={() => set({ new: null })} />}
      {edited && <ProviderForm provider={edited} onClose={() => set({ id: null })} />}
    </Page>
  );
}
