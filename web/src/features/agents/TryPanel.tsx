"use client";
import { type ReactNode, useCallback, useState } from "react";
import type { Schema } from "@/api/client";
import styles from "@/features/agents/Agents.module.css";
import { Composer } from "@/features/chat/Composer";
import { Thread } from "@/features/chat/Thread";
import { useChat } from "@/features/chat/useChat";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";

interface Props {
  agent: Schema<"AgentView">;
  dirty: boolean;
  onSave: () => Promise<unknown>;
}

/** Talking to the agent as it is edited. What was changed is saved before a message goes out. */
export function TryPanel({ agent, dirty, onSave }: Props): ReactNode {
  const t = useT();
  const [conversation, setConversation] = useState<string | null>(null);
  const opened = useCallback((id: string) => setConversation(id), []);
  const chat = useChat(agent.id, conversation, opened);
  const status = chat.live?.turn.status;
  const send = async (text: string): Promise<void> => {
    if (dirty) await onSave();
    chat.send(text);
  };
  return (
    <aside className={styles.try} aria-label={t("agents.try")}>
      <header className={styles.tryHead}>
        <h2>{t("agents.try")}</h2>
        <Button small onClick={() => setConversation(null)}>
          {t("action.clear")}
        </Button>
      </header>
      <Thread chat={chat} agent={agent} />
      {dirty && <p className={styles.note}>{t("agents.trySaves")}</p>}
      <Composer busy={status === "running"} disabled={status === "waiting"} onSend={(text) => void send(text)} onStop={chat.stop} />
    </aside>
  );
}
