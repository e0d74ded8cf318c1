"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { Documents } from "@/features/knowledge/Documents";
import styles from "@/features/knowledge/Knowledge.module.css";
import { Playground } from "@/features/knowledge/Playground";
import { SourceSettings } from "@/features/knowledge/SourceSettings";
import { SourceStatus } from "@/features/knowledge/SourceStatus";
import { typeName } from "@/features/knowledge/SourcesList";
import { useT } from "@/i18n";
import { href, Link, useNav, useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Page, Problem } from "@/ui/Page";
import { Removal } from "@/ui/Removal";
import { Tabs } from "@/ui/Tabs";
import { useTimes } from "@/ui/time";
import { useToasts } from "@/ui/Toasts";

const OFTEN_MS = 1_500;
const RARELY_MS = 15_000;

/** One data source: its documents, what a question finds in it, and how it is indexed. */
export function SourcePage({ id }: { id: string }): ReactNode {
  const t = useT();
  const times = useTimes();
  const { get, set } = useParams();
  const source = useQuery({
    queryKey: keys.one("datasources", id),
    queryFn: () => data(api.GET("/api/datasources/{datasource_id}", { params: { path: { datasource_id: id } } })),
    refetchInterval: (query) => (isBusy(query.state.data) ? OFTEN_MS : RARELY_MS),
  });
  const view = get("view") ?? "documents";
  const found = source.data;
  return (
    <Page title={found?.name ?? t("nav.knowledge")} busy={source.isPending} actions={found && <SourceActions source={found} />}>
      <p className={styles.facts}>
        <Link to="/knowledge">{t("knowledge.all")}</Link>
        {found && (
          <>
            <SourceStatus source={found} />
            <span>{typeName(t, found.source_type)}</span>
            <span className="muted">{t("knowledge.counts", { documents: found.counts.documents, chunks: found.counts.chunks })}</span>
            {found.indexed_at && <span className="muted">{times.ago(found.indexed_at)}</span>}
            {found.run_id && <Link to={href("/runs", { id: found.run_id })}>{t("knowledge.run")}</Link>}
          </>
        )}
      </p>
      {source.error && <Problem error={source.error} onRetry={() => void source.refetch()} />}
      {found?.error && <Problem error={new Error(found.error.message)} />}
      {found && (
        <Tabs
          label={found.name}
          active={view}
          onChange={(next) => set({ view: next })}
          tabs={[
            { id: "documents", label: t("knowledge.documents") },
            { id: "search", label: t("knowledge.playground") },
            { id: "settings", label: t("nav.settings") },
          ]}
        >
          {view === "documents" && <Documents source={found} busy={isBusy(found)} />}
          {view === "search" && <Playground source={found} />}
          {view === "settings" && <SourceSettings key={found.updated_at} source={found} />}
        </Tabs>
      )}
    </Page>
  );
}

/** Whether it is being indexed. One that is queued without a run was never asked to be. */
function isBusy(source: Schema<"DataSourceView"> | undefined): boolean {
  return source?.status === "indexing" || (source?.status === "queued" && !!source.run_id);
}

function SourceActions({ source }: { source: Schema<"DataSourceView"> }): ReactNode {
  const t = useT();
  const nav = useNav();
  const say = useToasts();
  const queries = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const params = { params: { path: { datasource_id: source.id } } };
  const index = useMutation({
    mutationFn: () => data(api.POST("/api/datasources/{datasource_id}/index", params)),
    onError: (error) => say.failed(messageOf(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.one("datasources", source.id) }),
  });
  return (
    <>
      <Button icon="retry" kind={source.rebuild_needed ? "primary" : "plain"} busy={index.isPending} disabled={isBusy(source)} onClick={() => index.mutate()}>
        {source.rebuild_needed ? t("knowledge.rebuild") : t("knowledge.index")}
      </Button>
      <Button icon="trash" kind="danger" onClick={() => setLeaving(true)}>
        {t("action.delete")}
      </Button>
      {leaving && (
        <Removal
          name={source.name}
          text={t("knowledge.deleteText")}
          from="datasources"
          remove={() => data(api.DELETE("/api/datasources/{datasource_id}", params))}
          onDone={() => nav("/knowledge")}
          onClose={() => setLeaving(false)}
        />
      )}
    </>
  );
}
