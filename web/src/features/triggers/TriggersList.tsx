"use client";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { keys, usePages } from "@/api/queries";
import { Result } from "@/features/triggers/Deliveries";
import { KIND_ICONS, TriggerDialog } from "@/features/triggers/TriggerDialog";
import type { Trigger } from "@/features/triggers/model/draft";
import { useT } from "@/i18n";
import { href, Link, useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Listing } from "@/ui/Listing";
import { Empty, Page } from "@/ui/Page";
import { Badge } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";

const OFTEN_MS = 5_000;

/** What starts runs by itself, or tells others of them. */
export function TriggersList(): ReactNode {
  const t = useT();
  const times = useTimes();
  const { get, set } = useParams();
  const triggers = usePages<Trigger>(
    keys.list("triggers"),
    (cursor) => data(api.GET("/api/triggers", { params: { query: { limit: 50, cursor } } })),
    { refetchInterval: OFTEN_MS },
  );
  const add = (
    <Button kind="primary" icon="plus" onClick={() => set({ new: 1 })}>
      {t("triggers.add")}
    </Button>
  );
  const columns: Column<Trigger>[] = [
    { key: "name", title: t("triggers.name"), cell: (trigger) => <Link to={href("/triggers", { id: trigger.id })}>{trigger.name}</Link> },
    { key: "kind", title: t("triggers.kind"), cell: (trigger) => <Badge icon={KIND_ICONS[trigger.kind]}>{t(`triggers.kind.${trigger.kind}`)}</Badge> },
    {
      key: "next",
      title: t("triggers.next"),
      cell: (trigger) => {
        if (!trigger.enabled) return <Badge icon="pause">{t("triggers.paused")}</Badge>;
        return trigger.next_run_at ? <time dateTime={trigger.next_run_at}>{times.ago(trigger.next_run_at)}</time> : "";
      },
    },
    { key: "last", title: t("triggers.last"), cell: (trigger) => trigger.last && <Result delivery={trigger.last} /> },
    { key: "when", title: t("triggers.when"), cell: (trigger) => trigger.last && times.ago(trigger.last.created_at), wide: true },
  ];
  return (
    <Page title={t("nav.triggers")} busy={triggers.loading} actions={add}>
      <Listing
        label={t("nav.triggers")}
        columns={columns}
        pages={triggers}
        empty={
          <Empty icon="bolt" title={t("triggers.none")} action={add}>
            {t("triggers.noneText")}
          </Empty>
        }
      />
      {get("new") && <TriggerDialog trigger={null} onClose={(id) => set({ new: null, id: id ?? null })} />}
    </Page>
  );
}
