"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys } from "@/api/queries";
import styles from "@/features/knowledge/Knowledge.module.css";
import { useT } from "@/i18n";
import { Dialog } from "@/ui/Dialog";
import { Problem } from "@/ui/Page";

type Chunk = Omit<Schema<"ChunkView">, "parent">;

/** A document's text with the borders of its chunks; what stands in two of them is marked. */
export function DocumentSheet({ document, onClose }: { document: Schema<"DocumentView">; onClose: () => void }): ReactNode {
  const t = useT();
  const params = { params: { path: { datasource_id: document.datasource_id, document_id: document.id } } };
  const text = useQuery({
    queryKey: [...keys.one("documents", document.id), "text"],
    queryFn: () => data(api.GET("/api/datasources/{datasource_id}/documents/{document_id}/text", params)),
  });
  const chunks = useQuery({
    queryKey: [...keys.one("documents", document.id), "chunks"],
    queryFn: () => data(api.GET("/api/datasources/{datasource_id}/documents/{document_id}/chunks", params)),
  });
  const parts = useMemo(() => cut(text.data?.text ?? "", chunks.data?.items ?? []), [chunks.data, text.data]);
  return (
    <Dialog title={document.name} shape="side" onClose={onClose}>
      {(text.error ?? chunks.error) && <Problem error={text.error ?? chunks.error} />}
      <p className="muted">{t("knowledge.chunkHint")}</p>
      <div className={styles.text}>
        {parts.map((part) => (
          <span key={part.chunk.id} className={styles.chunk}>
            <span className={styles.chunkNumber}>
              {part.chunk.index + 1}
              {part.chunk.page !== null && part.chunk.page !== undefined && ` · ${t("knowledge.page", { n: part.chunk.page })}`}
              {part.chunk.heading && part.chunk.heading.length > 0 && ` · ${part.chunk.heading.join(" › ")}`}
            </span>
            {part.shared && <span className={styles.overlap}>{part.shared}</span>}
            {part.own}
          </span>
        ))}
      </div>
    </Dialog>
  );
}

interface Part {
  chunk: Chunk;
  /** What also stands in the chunk before. */
  shared: string;
  own: string;
}

function cut(text: string, chunks: readonly Chunk[]): Part[] {
  const points = Array.from(text); // the server counts code points
  let reached = 0;
  return chunks.map((chunk) => {
    const border = Math.min(Math.max(chunk.start, reached), chunk.end);
    const part = { chunk, shared: points.slice(chunk.start, border).join(""), own: points.slice(border, chunk.end).join("") };
    reached = Math.max(reached, chunk.end);
    return part;
  });
}
