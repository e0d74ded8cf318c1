"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, usePages } from "@/api/queries";
import styles from "@/features/chat/ConversationsPanel.module.css";
import { useT } from "@/i18n";
import { href, Link, useParams } from "@/nav";
import { Button, IconButton } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { useToasts } from "@/ui/Toasts";
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
      {leaving && <Delete conversation={leaving} active={leaving.id === active} onClose={() => setLeaving(null)} />}
    </nav>
  );
}

function Delete({ conversation, active, onClose }: { conversation: Conversation; active: boolean; onClose: () => void }): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const { set } = useParams();
  const remove = useMutation({
    mutationFn: () =>
      data(api.DELETE("/api/conversations/{conversation_id}", { params: { path: { conversation_id: conversation.id } } })),
    onSuccess: () => {
      if (active) set({ c: null });
      onClose();
      return queries.invalidateQueries({ queryKey: keys.list("conversations") });
    },
    onError: (error) => say.failed(messageOf(error)),
  });
  return (
    <Confirm
      title={t("confirm.delete.title", { name: conversation.title })}
      text={t("confirm.delete.text")}
      confirm={t("action.delete")}
      busy={remove.isPending}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
