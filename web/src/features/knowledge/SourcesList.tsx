"use client";
import type { ReactNode } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys, usePages } from "@/api/queries";
import { AddSource } from "@/features/knowledge/AddSource";
import { SourceStatus } from "@/features/knowledge/SourceStatus";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { href, Link, useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Listing } from "@/ui/Listing";
import { Empty, Page } from "@/ui/Page";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";

type Source = Schema<"DataSourceView">;

const OFTEN_MS = 2_000;

/** What agents can look things up in. */
export function SourcesList(): ReactNode {
  const t = useT();
  const times = useTimes();
  const { get, set } = useParams();
  const sources = usePages<Source>(
    keys.list("datasources"),
    (cursor) => data(api.GET("/api/datasources", { params: { query: { limit: 50, cursor } } })),
    { refetchInterval: OFTEN_MS },
  );
  const add = (
    <Button kind="primary" icon="plus" onClick={() => set({ new: 1 })}>
      {t("knowledge.add")}
    </Button>
  );
  const columns: Column<Source>[] = [
    { key: "name", title: t("knowledge.name"), cell: (source) => <Link to={href("/knowledge", { id: source.id })}>{source.name}</Link> },
    { key: "type", title: t("knowledge.type"), cell: (source) => typeName(t, source.source_type), wide: true },
    { key: "status", title: t("knowledge.status"), cell: (source) => <SourceStatus source={source} /> },
    { key: "documents", title: t("knowledge.documents"), cell: (source) => source.counts.documents, end: true },
    { key: "chunks", title: t("knowledge.chunks"), cell: (source) => source.counts.chunks, wide: true, end: true },
    { key: "when", title: t("knowledge.indexed"), cell: (source) => (source.indexed_at ? times.ago(source.indexed_at) : ""), wide: true },
  ];
  return (
    <Page title={t("nav.knowledge")} busy={sources.loading} actions={add}>
      <Listing
        label={t("nav.knowledge")}
        columns={columns}
        pages={sources}
        empty={
          <Empty icon="book" title={t("knowledge.none")} action={add}>
            {t("knowledge.noneText")}
          </Empty>
        }
      />
      {get("new") && <AddSource onClose={() => set({ new: null })} />}
    </Page>
  );
}

/** The type of a source as people call it; a plugged-in one keeps its own name. */
export function typeName(t: ReturnType<typeof useT>, type: string): string {
  return ["file", "url", "text", "gitlab"].includes(type) ? t(`knowledge.type.${type}` as Key) : type;
}
