"use client";
import { memo, type ReactNode, useCallback, useMemo } from "react";
import styles from "@/features/chat/Answer.module.css";
import type { Citation } from "@/features/chat/model/turn";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { CopyButton } from "@/ui/CopyButton";
import { Markdown } from "@/ui/Markdown";
import { Badge } from "@/ui/Status";

interface Props {
  text: string;
  citations: readonly Citation[];
  runId: string | null | undefined;
  error: string | null;
  partial?: boolean;
  waiting?: boolean;
  onCite: (citation: Citation) => void;
}

/** What the agent said, with its sources. */
export const Answer = memo(function Answer({ text, citations, runId, error, partial, waiting, onCite }: Props): ReactNode {
  const t = useT();
  const byMarker = useMemo(() => new Map(citations.map((each, at) => [each.marker ?? at + 1, each])), [citations]);
  const cite = useCallback(
    (marker: number): ReactNode => {
      const citation = byMarker.get(marker);
      if (!citation) return null;
      return (
        <button type="button" className={styles.cite} onClick={() => onCite(citation)} aria-label={t("chat.source", { n: marker, name: citation.document.name })}>
          {marker}
        </button>
      );
    },
    [byMarker, onCite, t],
  );
  return (
    <article className={styles.answer} aria-label={t("chat.answer")}>
      {text ? <Markdown text={text} cite={cite} /> : waiting && <p className="muted">{t("chat.thinking")}</p>}
      {error && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      {citations.length > 0 && (
        <ol className={styles.sources} aria-label={t("chat.sources")}>
          {[...byMarker].map(([marker, citation]) => (
            <li key={marker}>
              <button type="button" className={styles.source} onClick={() => onCite(citation)}>
                <span className="mono">{marker}</span> {citation.document.name}
                {citation.heading && citation.heading.length > 0 && <span className="muted"> › {citation.heading.at(-1)}</span>}
              </button>
            </li>
          ))}
        </ol>
      )}
      {!waiting && (
        <footer className={styles.foot}>
          {partial && <Badge tone="warn">{t("chat.partial")}</Badge>}
          {text && <CopyButton text={text} />}
          {runId && <Link to={href("/runs", { id: runId })}>{t("chat.run")}</Link>}
        </footer>
      )}
    </article>
  );
});
