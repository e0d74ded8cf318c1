"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";
import styles from "@/features/inbox/InboxScreen.module.css";
import { InboxCard } from "@/features/inbox/InboxCard";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { Empty, Page, Problem } from "@/ui/Page";

const OFTEN_MS = 5_000;

/** Every question that waits for a person. J and K go from one to the next. */
export function InboxScreen(): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const inbox = useQuery({ queryKey: keys.inbox, queryFn: () => data(api.GET("/api/inbox")), refetchInterval: OFTEN_MS });
  const items = inbox.data?.items ?? [];
  const active = items.find((item) => item.id === get("id")) ?? items[0];

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
      const by = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
      if (typing || !by || !active || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = items.findIndex((item) => item.id === active.id);
      const next = items[at + by];
      if (next) set({ id: next.id });
    };
    globalThis.addEventListener("keydown", press);
    return () => globalThis.removeEventListener("keydown", press);
  }, [active, items, set]);

  return (
    <Page title={t("nav.inbox")} busy={inbox.isPending}>
      {inbox.error && <Problem error={inbox.error} onRetry={() => void inbox.refetch()} />}
      {inbox.data && items.length === 0 && (
        <Empty icon="inbox" title={t("inbox.empty")}>
          {t("inbox.emptyText")}
        </Empty>
      )}
      {items.length > 0 && <p className={styles.keys}>{t("inbox.keys")}</p>}
      <ul className={styles.cards} aria-label={t("nav.inbox")}>
        {items.map((item) => (
          <li key={item.id}>
            <InboxCard item={item} active={item.id === active?.id} onActive={() => set({ id: item.id })} />
          </li>
        ))}
      </ul>
    </Page>
  );
}
