"use client";
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys } from "@/api/queries";
import { follow } from "@/api/stream";
import type { JournalEvent } from "@/features/runs/model/journal";

const PAGE = 200;
const MOST = 10_000;
const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

/** A run, watched until it ends. */
export function useRun(id: string): UseQueryResult<Schema<"RunView">> {
  const queries = useQueryClient();
  const run = useQuery({
    queryKey: keys.one("runs", id),
    queryFn: () => data(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } } })),
  });
  const moving = run.data !== undefined && !ENDED.has(run.data.status);
  const status = run.data?.status;
  const seq = run.data?.seq;
  useEffect(() => {
    if (!moving || status === undefined || seq === undefined) return;
    const control = new AbortController();
    const watch = async (): Promise<void> => {
      for await (const event of follow({ url: `/api/runs/${id}/events`, after: String(seq), signal: control.signal })) {
        if (event.type !== "message.delta") void queries.invalidateQueries({ queryKey: keys.one("runs", id) });
      }
    };
    void watch().catch(() => undefined);
    return () => control.abort();
  }, [id, moving, queries, seq, status]);
  return run;
}

/** Every event of a run's journal up to `seq`, in order. */
export function useJournal(id: string, seq: number | undefined): UseQueryResult<JournalEvent[]> {
  return useQuery({
    queryKey: [...keys.one("journals", id), seq ?? 0],
    queryFn: () => journal(id),
    enabled: seq !== undefined,
    placeholderData: (before) => before,
  });
}

async function journal(id: string): Promise<JournalEvent[]> {
  const events: JournalEvent[] = [];
  let cursor: number | undefined;
  do {
    const page = await data(
      api.GET("/api/runs/{run_id}/events", {
        params: { path: { run_id: id }, query: { limit: PAGE, cursor } },
        headers: { Accept: "application/json" },
      }),
    );
    events.push(...page.items);
    cursor = page.next_cursor ? Number(page.next_cursor) : undefined;
  } while (cursor && events.length < MOST);
  return events;
}
