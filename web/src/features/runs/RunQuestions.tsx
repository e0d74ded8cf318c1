"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";
import { InboxCard } from "@/features/inbox/InboxCard";

/** What this run asks people right now, answered right here. */
export function RunQuestions({ runId, status }: { runId: string; status: string }): ReactNode {
  const inbox = useQuery({
    queryKey: [...keys.inbox, runId, status],
    queryFn: () => data(api.GET("/api/inbox")),
    enabled: status === "WAITING_HUMAN" || status === "RUNNING" || status === "PENDING",
  });
  const asked = (inbox.data?.items ?? []).filter((item) => item.run_id === runId);
  return asked.map((item) => <InboxCard key={item.id} item={item} active={false} onActive={() => undefined} />);
}
