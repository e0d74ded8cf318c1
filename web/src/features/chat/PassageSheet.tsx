"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";
import type { Citation } from "@/features/chat/model/turn";
import styles from "@/features/chat/PassageSheet.module.css";
import { useT } from "@/i18n";
import { Dialog } from "@/ui/Dialog";
import { Problem } from "@/ui/Page";

const AROUND = 4000;

/** The document that a citation points into, with the passage marked. */
export function PassageSheet({ citation, onClose }: { citation: Citation; onClose: () => void }): ReactNode {
  const t = useT();
  const marked = useRef<HTMLElement>(null);
  const path = { datasource_id: citation.datasource_id, document_id: citation.document.id };
  const document = useQuery({
    queryKey: [...keys.one("documents", citation.document.id), "text"],
    queryFn: () => data(api.GET("/api/datasources/{datasource_id}/documents/{document_id}/text", { params: { path } })),
  });
  const text = document.data?.text;
  useEffect(() => {
    if (text !== undefined) marked.current?.scrollIntoView({ block: "center" });
  }, [text]);
  return (
    <Dialog title={citation.document.name} shape="side" onClose={onClose}>
      {document.error && (
        <>
          <Problem error={document.error} />
          <blockquote className={styles.text}>{citation.text}</blockquote>
        </>
      )}
      {document.isPending && <p className="muted">{t("state.loading")}</p>}
      {text !== undefined && <Marked text={text} start={citation.start} end={citation.end} marked={marked} />}
    </Dialog>
  );
}

interface MarkedProps {
  text: string;
  start: number;
  end: number;
  marked: React.RefObject<HTMLElement | null>;
}

/** Offsets count code points, as the server does; JavaScript's own count halves of some. */
function Marked({ text, start, end, marked }: MarkedProps): ReactNode {
  const points = Array.from(text);
  const from = Math.max(0, start - AROUND);
  const to = Math.min(points.length, end + AROUND);
  return (
    <div className={styles.text}>
      {from > 0 && "… "}
      {points.slice(from, start).join("")}
      <mark ref={marked}>{points.slice(start, end).join("")}</mark>
      {points.slice(end, to).join("")}
      {to < points.length && " …"}
    </div>
  );
}
