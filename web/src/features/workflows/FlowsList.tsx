"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, usePages } from "@/api/queries";
import { flowOf } from "@/features/workflows/flowsApi";
import { forget } from "@/features/workflows/localJournal";
import { slugOf } from "@/features/workflows/model/templates";
import { NewFlow } from "@/features/workflows/NewFlow";
import { useT } from "@/i18n";
import { href, Link, useNav, useParams } from "@/nav";
import { Button, IconButton } from "@/ui/Button";
import { Listing } from "@/ui/Listing";
import { Empty, Page } from "@/ui/Page";
import { Removal } from "@/ui/Removal";
import { Badge } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";
import { useToasts } from "@/ui/Toasts";

type Flow = Schema<"WorkflowSummary">;

/** What there is of flows. */
export default function FlowsList(): ReactNode {
  const t = useT();
  const nav = useNav();
  const say = useToasts();
  const times = useTimes();
  const queries = useQueryClient();
  const { get, set } = useParams();
  const [leaving, setLeaving] = useState<Flow | null>(null);
  const flows = usePages<Flow>(keys.list("workflows"), (cursor) => data(api.GET("/api/workflows", { params: { query: { limit: 50, cursor } } })));
  const taken = new Set(flows.items.map((flow) => flow.slug));
  const copy = useMutation({
    mutationFn: async (flow: Flow) => {
      const { document } = await flowOf(flow.id);
      const name = t("workflows.copyOf", { name: flow.name });
      return data(api.POST("/api/workflows", { body: { ...document, id: slugOf(`${flow.slug} copy`, taken), name } as never }));
    },
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: keys.list("workflows") });
      nav(href("/workflows", { id: made.id }));
    },
    onError: (error) => say.failed(messageOf(error)),
  });
  const add = (
    <Button kind="primary" icon="plus" onClick={() => set({ new: 1 })}>
      {t("workflows.new")}
    </Button>
  );
  const columns: Column<Flow>[] = [
    { key: "name", title: t("workflows.name"), cell: (flow) => <Link to={href("/workflows", { id: flow.id })}>{flow.name}</Link> },
    { key: "slug", title: t("workflows.slug"), cell: (flow) => <span className="mono">{flow.slug}</span>, wide: true },
    {
      key: "version",
      title: t("workflows.versions"),
      cell: (flow) => (
        <>
          {flow.version} {flow.published_version !== null && <Badge tone="ok">{t("workflows.publishedAs", { n: flow.published_version })}</Badge>}
        </>
      ),
    },
    { key: "when", title: t("workflows.changed"), cell: (flow) => <span title={times.exact(flow.updated_at)}>{times.ago(flow.updated_at)}</span>, wide: true },
    {
      key: "do",
      title: t("workflows.actions"),
      end: true,
      cell: (flow) => (
        <>
          <IconButton small icon="copy" label={t("workflows.duplicateOf", { name: flow.name })} disabled={copy.isPending} onClick={() => copy.mutate(flow)} />
          <IconButton small icon="trash" label={t("workflows.deleteOf", { name: flow.name })} onClick={() => setLeaving(flow)} />
        </>
      ),
    },
  ];
  return (
    <Page title={t("nav.workflows")} busy={flows.loading} actions={add}>
      <Listing
        label={t("nav.workflows")}
        columns={columns}
        pages={flows}
        empty={
          <Empty icon="flow" title={t("workflows.none")} action={add}>
            {t("workflows.noneText")}
          </Empty>
        }
      />
      {get("new") && <NewFlow taken={taken} onClose={() => set({ new: null })} />}
      {leaving && (
        <Removal
          name={leaving.name}
          text={t("workflows.deleteText")}
          from="workflows"
          remove={() => data(api.DELETE("/api/workflows/{workflow_id}", { params: { path: { workflow_id: leaving.id } } }))}
          onDone={() => void forget(leaving.id)}
          onClose={() => setLeaving(null)}
        />
      )}
    </Page>
  );
}
