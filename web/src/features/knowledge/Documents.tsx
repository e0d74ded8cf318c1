"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, usePages } from "@/api/queries";
import { DocumentSheet } from "@/features/knowledge/DocumentSheet";
import styles from "@/features/knowledge/Knowledge.module.css";
import { IndexStatus } from "@/features/knowledge/SourceStatus";
import { UploadMore } from "@/features/knowledge/Upload";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { Button, IconButton } from "@/ui/Button";
import { Listing } from "@/ui/Listing";
import { Empty } from "@/ui/Page";
import { Progress } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { useToasts } from "@/ui/Toasts";

type Document = Schema<"DocumentView">;

interface Props {
  source: Schema<"DataSourceView">;
  busy: boolean;
}

const OFTEN_MS = 1_500;

/** The documents of a source, each with how far it is, or why it failed. */
export function Documents({ source, busy }: Props): ReactNode {
  const t = useT();
  const [shown, setShown] = useState<Document | null>(null);
  // With how the source stands: when it comes to its end, the last word of each document is asked for once more.
  const key = [...keys.list("documents"), source.id, source.status, source.indexed_at ?? null];
  const documents = usePages<Document>(
    key,
    (cursor) =>
      data(
        api.GET("/api/datasources/{datasource_id}/documents", {
          params: { path: { datasource_id: source.id }, query: { limit: 100, cursor } },
        }),
      ),
    { refetchInterval: busy ? OFTEN_MS : false },
  );
  const columns: Column<Document>[] = [
    {
      key: "name",
      title: t("knowledge.document"),
      cell: (document) => (
        <>
          <Button kind="quiet" small disabled={document.status !== "ready"} onClick={() => setShown(document)}>
            {document.name}
          </Button>
          {document.error && <p className={styles.cause}>{document.error.message}</p>}
        </>
      ),
    },
    { key: "status", title: t("knowledge.status"), cell: (document) => <Stage document={document} /> },
    { key: "attempts", title: t("knowledge.attempts"), cell: (document) => document.attempts, wide: true, end: true },
    { key: "characters", title: t("knowledge.characters"), cell: (document) => document.characters, wide: true, end: true },
    { key: "chunks", title: t("knowledge.chunks"), cell: (document) => document.chunks, wide: true, end: true },
    { key: "act", title: t("nav.more"), cell: (document) => <DocumentActions document={document} />, end: true },
  ];
  return (
    <>
      {source.source_type === "file" && !source.source_path && <UploadMore sourceId={source.id} />}
      <Listing
        label={t("knowledge.documents")}
        columns={columns}
        pages={documents}
        empty={<Empty icon="file" title={busy ? t("knowledge.reading") : t("knowledge.noDocuments")} />}
      />
      {shown && <DocumentSheet document={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function Stage({ document }: { document: Document }): ReactNode {
  const t = useT();
  return (
    <span className={styles.status}>
      <IndexStatus status={document.status} />
      {document.stage && (
        <>
          <span className="muted">{t(`knowledge.stage.${document.stage}` as Key)}</span>
          <Progress percent={document.percent} label={t("knowledge.progress")} />
        </>
      )}
    </span>
  );
}

function DocumentActions({ document }: { document: Document }): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const params = { params: { path: { datasource_id: document.datasource_id, document_id: document.id } } };
  const settled = (): void => {
    void queries.invalidateQueries({ queryKey: keys.list("documents") });
    void queries.invalidateQueries({ queryKey: keys.one("datasources", document.datasource_id) });
  };
  const failed = (error: Error): void => say.failed(messageOf(error));
  const retry = useMutation({
    mutationFn: () => data(api.POST("/api/datasources/{datasource_id}/documents/{document_id}/retry", params)),
    onError: failed,
    onSettled: settled,
  });
  const remove = useMutation({
    mutationFn: () => data(api.DELETE("/api/datasources/{datasource_id}/documents/{document_id}", params)),
    onError: failed,
    onSettled: settled,
  });
  return (
    <span className={styles.actions}>
      {document.status === "failed" && (
        <Button small icon="retry" busy={retry.isPending} onClick={() => retry.mutate()}>
          {t("action.retry")}
        </Button>
      )}
      <IconButton small icon="trash" busy={remove.isPending} label={t("knowledge.remove", { name: document.name })} onClick={() => remove.mutate()} />
    </span>
  );
}
