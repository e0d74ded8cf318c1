"use client";
import type { ReactNode } from "react";
import { useInbox } from "@/api/queries";
import styles from "@/features/inbox/InboxScreen.module.css";
import { InboxCard } from "@/features/inbox/InboxCard";
import { useLetters } from "@/features/inbox/useLetters";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { Empty, Page, Problem } from "@/ui/Page";

const OFTEN_MS = 5_000;

/** Every question that waits for a person. J and K go from one to the next. */
export function InboxScreen(): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const inbox = useInbox(OFTEN_MS);
  const items = inbox.data?.items ?? [];
  const active = items.find((item) => item.id === get("id")) ?? items[0];

  useLetters((key) => {
    const by = key === "j" ? 1 : key === "k" ? -1 : 0;
    const next = by && active ? items[items.indexOf(active) + by] : undefined;
    if (next) set({ id: next.id });
  });

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
