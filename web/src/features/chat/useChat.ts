"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { follow } from "@/api/stream";
import { FRESH, heard, type Turn } from "@/features/chat/model/turn";

type Message = Schema<"MessageView">;

interface Live {
  said: string;
  turn: Turn;
  cut: boolean;
}

export interface Chat {
  messages: Message[];
  live: Live | null;
  loading: boolean;
  error: Error | null;
  send: (text: string) => void;
  stop: () => void;
  answer: (answer: unknown) => Promise<void>;
}

interface Asked {
  url: string;
  body?: unknown;
  said: string;
  turn?: Turn;
}

/** A conversation: what was said, and the answer that is on its way, wherever it comes from. */
export function useChat(
  agentId: string | null,
  conversationId: string | null,
  onConversation: (id: string) => void,
): Chat {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live | null>(null);
  const listening = useRef<AbortController | null>(null);
  const followed = useRef<string | null>(null);
  const conversation = useQuery({
    queryKey: keys.one("conversations", conversationId ?? ""),
    queryFn: () => data(api.GET("/api/conversations/{conversation_id}", { params: { path: { conversation_id: conversationId ?? "" } } })),
    enabled: conversationId !== null,
  });

  const listen = useCallback(
    async ({ url, body, said, turn: begun = FRESH }: Asked) => {
      listening.current?.abort();
      const control = new AbortController();
      listening.current = control;
      let turn = begun;
      let drawn = 0;
      const show = (): void => {
        drawn = 0;
        if (!control.signal.aborted) setLive((was) => ({ said, turn, cut: was?.cut ?? false }));
      };
      const cut = (lost: boolean): void => setLive((was) => (was ? { ...was, cut: lost } : was));
      setLive({ said, turn, cut: false });
      try {
        for await (const event of follow({ url, body, signal: control.signal, onCut: cut })) {
          turn = heard(turn, event);
          if (turn.conversationId && turn.conversationId !== followed.current) {
            followed.current = turn.conversationId;
            onConversation(turn.conversationId);
          }
          drawn ||= requestAnimationFrame(show); // however many words arrive, one drawing a frame
        }
      } catch (error) {
        turn = { ...turn, status: "failed", error: { code: "unreachable", message: messageOf(error) } };
      }
      cancelAnimationFrame(drawn);
      show();
      if (control.signal.aborted || !turn.conversationId) return;
      if (turn.status === "waiting" || turn.status === "paused") return;
      await queries.invalidateQueries({ queryKey: keys.one("conversations", turn.conversationId) });
      void queries.invalidateQueries({ queryKey: keys.list("conversations") });
      setLive((was) => (was && was.turn.runId === turn.runId && turn.status !== "failed" ? null : was));
    },
    [onConversation, queries],
  );

  // Another conversation is opened: what is on its way there is followed from its first event.
  const open = conversation.data;
  useEffect(() => {
    if (!conversationId) followed.current = null;
    if (conversationId === followed.current) return;
    listening.current?.abort();
    setLive(null);
    if (!open || open.id !== conversationId) return;
    followed.current = conversationId;
    const last = open.messages.at(-1);
    if (last?.role === "user" && last.run_id) {
      void listen({ url: `/api/runs/${last.run_id}/events`, said: "", turn: { ...FRESH, conversationId } });
    }
  }, [conversationId, listen, open]);
  useEffect(() => () => listening.current?.abort(), []);

  const send = useCallback(
    (text: string) => {
      if (!agentId) return;
      const body = { agent_id: agentId, message: text, conversation_id: conversationId, stream: true };
      void listen({ url: "/api/chat", body, said: text });
    },
    [agentId, conversationId, listen],
  );

  const runId = live?.turn.runId ?? null;
  const stop = useCallback(() => {
    if (runId) void data(api.POST("/api/runs/{run_id}/cancel", { params: { path: { run_id: runId } } }));
  }, [runId]);

  const answer = useCallback(
    async (given: unknown) => {
      const now = live;
      const question = now?.turn.question;
      if (!runId || !now || !question) return;
      const body = { answer: given as never, request_id: question.requestId };
      await data(api.POST("/api/runs/{run_id}/answers", { params: { path: { run_id: runId } }, body }));
      void queries.invalidateQueries({ queryKey: keys.inbox });
      const turn = { ...FRESH, runId, conversationId: now.turn.conversationId };
      void listen({ url: `/api/runs/${runId}/events`, said: now.said, turn });
    },
    [listen, live, queries, runId],
  );

  return {
    messages: open?.messages ?? [],
    live,
    loading: conversationId !== null && conversation.isPending,
    error: conversation.error,
    send,
    stop,
    answer,
  };
}
