"use client";
import type { ReactNode } from "react";
import { useMe, useMeta } from "@/api/queries";
import { ApiKeys } from "@/features/settings/ApiKeys";
import { Appearance } from "@/features/settings/Appearance";
import { Health } from "@/features/settings/Health";
import styles from "@/features/settings/Settings.module.css";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { Page, Problem } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";

/** What concerns the installation and the one who is signed in. */
export function SettingsScreen(): ReactNode {
  const t = useT();
  const me = useMe();
  const meta = useMeta();
  const { get, set } = useParams();
  const view = get("view") ?? "account";
  return (
    <Page title={t("nav.settings")} busy={me.isPending || meta.isPending}>
      {me.error && <Problem error={me.error} />}
      <Tabs
        label={t("nav.settings")}
        active={view}
        onChange={(next) => set({ view: next })}
        tabs={[
          { id: "account", label: t("settings.account") },
          { id: "keys", label: t("settings.keys") },
          { id: "health", label: t("settings.health") },
        ]}
      >
        {view === "account" && (
          <>
            <dl className={styles.facts}>
              <Fact name={t("login.email")} value={me.data?.email ?? ""} />
              <Fact name={t("settings.workspace")} value={me.data?.workspace_name ?? ""} />
              <Fact name={t("settings.role")} value={me.data?.role ?? ""} />
              <Fact name={t("settings.version")} value={meta.data ? `${meta.data.name} ${meta.data.version}` : ""} />
            </dl>
            <Appearance />
          </>
        )}
        {view === "keys" && <ApiKeys />}
        {view === "health" && <Health />}
      </Tabs>
    </Page>
  );
}

function Fact({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <div>
      <dt className="muted">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
