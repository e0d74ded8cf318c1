"use client";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useAgents } from "@/api/queries";
import styles from "@/features/chat/ChatScreen.module.css";
import { Composer } from "@/features/chat/Composer";
import { ConversationsPanel } from "@/features/chat/ConversationsPanel";
import { Thread } from "@/features/chat/Thread";
import { useChat } from "@/features/chat/useChat";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { ButtonLink, IconButton } from "@/ui/Button";
import { Field, Select } from "@/ui/Field";
import { Empty, Page, Problem } from "@/ui/Page";

/** Talking to an agent. `?agent=` and `?c=` say to whom, and in which conversation. */
export function ChatScreen(): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const [panel, setPanel] = useState(false);
  const agents = useAgents();
  const conversationId = get("c");
  const agentId = get("agent") ?? agents.data?.items[0]?.id ?? null;
  const opened = useCallback((id: string) => set({ c: id, agent: agentId }), [agentId, set]);
  const chat = useChat(agentId, conversationId, opened);
  // A question may come along in the address: it is asked once, when its agent is known.
  const ask = get("ask");
  const asked = useRef(false);
  useEffect(() => {
    if (!ask || asked.current || !agents.data || conversationId) return;
    asked.current = true;
    set({ ask: null });
    chat.send(ask);
  }, [agents.data, ask, chat, conversationId, set]);
  const none = agents.data?.items.length === 0;
  const status = chat.live?.turn.status;

  return (
    <Page title={t("nav.chat")} busy={agents.isPending || chat.loading} full untitled>
      <div className={styles.screen}>
        <ConversationsPanel open={panel} onClose={() => setPanel(false)} active={conversationId} />
        <div className={styles.main}>
          <header className={styles.head}>
            <IconButton icon="menu" label={t("chat.conversations")} aria-expanded={panel} onClick={() => setPanel(!panel)} />
            <Field label={t("chat.agent")} bare>
              <Select value={agentId ?? ""} onChange={(event) => set({ agent: event.target.value, c: null })}>
                {agents.data?.items.map((agent) => (
                  <option key={agent.id} value={agent.id}>
                    {agent.name}
                  </option>
                ))}
              </Select>
            </Field>
            <ButtonLink to={agentId ? `/chat?agent=${agentId}` : "/chat"} icon="plus">
              {t("chat.new")}
            </ButtonLink>
          </header>
          {(agents.error ?? chat.error) && <Problem error={agents.error ?? chat.error} />}
          {none ? (
            <Empty icon="agent" title={t("chat.noAgents")} action={<ButtonLink to="/agents">{t("nav.agents")}</ButtonLink>} />
          ) : (
            <Thread chat={chat} agent={agents.data?.items.find((each) => each.id === agentId)} />
          )}
          <Composer busy={status === "running"} disabled={!agentId || status === "waiting"} onSend={chat.send} onStop={chat.stop} />
        </div>
      </div>
    </Page>
  );
}
