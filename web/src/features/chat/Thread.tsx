"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Schema } from "@/api/client";
import { Answer } from "@/features/chat/Answer";
import { ApprovalCard } from "@/features/chat/ApprovalCard";
import type { Citation } from "@/features/chat/model/turn";
import { PassageSheet } from "@/features/chat/PassageSheet";
import styles from "@/features/chat/Thread.module.css";
import { ToolLine } from "@/features/chat/ToolLine";
import type { Chat } from "@/features/chat/useChat";
import { useT } from "@/i18n";
import { Empty } from "@/ui/Page";

interface Props {
  chat: Chat;
  agent: Schema<"AgentView"> | undefined;
}

const NEAR_PX = 80;

/** What was said, and what is being said now. It follows the end until the reader scrolls away from it. */
export function Thread({ chat, agent }: Props): ReactNode {
  const t = useT();
  const [shown, setShown] = useState<Citation | null>(null);
  const view = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const { live, messages } = chat;
  const answered = live?.turn.runId ? messages.some((each) => each.run_id === live.turn.runId && each.role === "assistant") : false;
  const asked = live?.turn.runId ? messages.some((each) => each.run_id === live.turn.runId && each.role === "user") : false;

  useEffect(() => {
    const pane = view.current;
    if (pane && following.current) pane.scrollTop = pane.scrollHeight;
  });

  return (
    <div
      ref={view}
      className={styles.view}
      tabIndex={0}
      role="log"
      aria-label={t("chat.thread")}
      onScroll={(event) => {
        const pane = event.currentTarget;
        following.current = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_PX;
      }}
    >
      <div className={styles.column}>
        {messages.length === 0 && !live && agent && (
          <Empty icon="chat" title={t("chat.ask", { name: agent.name })}>
            {agent.description}
          </Empty>
        )}
        {messages.map((message) =>
          message.role === "user" ? (
            <Said key={message.id} text={message.content} />
          ) : (
            <Answer
              key={message.id}
              text={message.content}
              citations={message.citations ?? []}
              runId={message.run_id}
              error={message.error ? String(message.error.message ?? "") : null}
              partial={message.status === "partial"}
              onCite={setShown}
            />
          ),
        )}
        {live?.said && !asked && <Said text={live.said} />}
        {live && !answered && (
          <div className={styles.live} aria-busy={live.turn.status === "running"}>
            {live.turn.tools.map((tool) => (
              <ToolLine key={tool.callId} tool={tool} />
            ))}
            <Answer
              text={live.turn.text}
              citations={live.turn.citations}
              runId={live.turn.runId}
              error={live.turn.error?.message ?? null}
              partial={live.turn.status === "cancelled"}
              waiting={live.turn.status === "running"}
              onCite={setShown}
            />
            {live.turn.question && <ApprovalCard question={live.turn.question} onAnswer={chat.answer} />}
            {live.cut && <p className={styles.cut}>{t("chat.cut")}</p>}
          </div>
        )}
      </div>
      {shown && <PassageSheet citation={shown} onClose={() => setShown(null)} />}
    </div>
  );
}

function Said({ text }: { text: string }): ReactNode {
  const t = useT();
  return (
    <article className={styles.said} aria-label={t("chat.you")}>
      {text}
    </article>
  );
}
