"use client";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys, usePages } from "@/api/queries";
import styles from "@/features/chat/ConversationsPanel.module.css";
import { useT } from "@/i18n";
import { href, Link, useParams } from "@/nav";
import { Button, IconButton } from "@/ui/Button";
import { Removal } from "@/ui/Removal";
import { useTimes } from "@/ui/time";

type Conversation = Schema<"ConversationView">;

interface Props {
  open: boolean;
  active: string | null;
  onClose: () => void;
}

/** Earlier conversations, the newest first. */
export function ConversationsPanel({ open, active, onClose }: Props): ReactNode {
  const t = useT();
  const { ago } = useTimes();
  const { set } = useParams();
  const [leaving, setLeaving] = useState<Conversation | null>(null);
  const found = usePages<Conversation>(keys.list("conversations"), (cursor) =>
    data(api.GET("/api/conversations", { params: { query: { limit: 30, cursor } } })),
  );
  return (
    <nav className={styles.panel} data-open={open} aria-label={t("chat.conversations")}>
      <ul className={styles.list}>
        {found.items.map((each) => (
          <li key={each.id} className={styles.item}>
            <Link
              to={href("/chat", { agent: each.agent_id, c: each.id })}
              className={styles.link}
              aria-current={each.id === active ? "page" : undefined}
              onClick={onClose}
            >
              <span className={styles.title}>{each.title}</span>
              <span className="muted">{ago(each.updated_at)}</span>
            </Link>
            <IconButton small icon="trash" label={t("chat.delete", { title: each.title })} onClick={() => setLeaving(each)} />
          </li>
        ))}
      </ul>
      {found.more && (
        <Button small onClick={found.more}>
          {t("action.more")}
        </Button>
      )}
      {leaving && (
        <Removal
          name={leaving.title}
          text={t("confirm.delete.text")}
          from="conversations"
          remove={() => data(api.DELETE("/api/conversations/{conversation_id}", { params: { path: { conversation_id: leaving.id } } }))}
          onDone={() => leaving.id === active && set({ c: null })}
          onClose={() => setLeaving(null)}
        />
      )}
    </nav>
  );
}
