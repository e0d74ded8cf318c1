"use client";
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, data, type Schema } from "@/api/client";
import { keys } from "@/api/queries";
import { watch } from "@/api/stream";
import type { JournalEvent } from "@/features/runs/model/journal";
import { hasEnded } from "@/features/runs/model/status";

const PAGE = 200;
const MOST = 10_000;

/** A run, watched until it ends. */
export function useRun(id: string): UseQueryResult<Schema<"RunView">> {
  const queries = useQueryClient();
  const run = useQuery({
    queryKey: keys.one("runs", id),
    queryFn: () => data(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } } })),
  });
  const moving = run.data !== undefined && !hasEnded(run.data.status);
  useEffect(() => {
    if (!moving) return;
    const queryKey = keys.one("runs", id);
    const seen = queries.getQueryData<Schema<"RunView">>(queryKey)?.seq ?? 0;
    const control = new AbortController();
    const listen = async (): Promise<void> => {
      for await (const event of watch(id, String(seen), control.signal)) {
        if (event.type !== "message.delta") void queries.invalidateQueries({ queryKey });
      }
    };
    void listen().catch(() => undefined);
    return () => control.abort();
  }, [id, moving, queries]);
  return run;
}

/** Every event of a run's journal up to `seq`, in order. */
export function useJournal(id: string, seq: number | undefined): UseQueryResult<JournalEvent[]> {
  const queries = useQueryClient();
  const queryKey = keys.one("journals", id);
  return useQuery({
    queryKey: [...queryKey, seq ?? 0],
    queryFn: () => journal(id, longest(queries.getQueriesData<JournalEvent[]>({ queryKey }))),
    enabled: seq !== undefined,
    placeholderData: (before) => before,
  });
}

/** A journal only grows: whatever was read of it before is its beginning. */
function longest(read: readonly [unknown, JournalEvent[] | undefined][]): readonly JournalEvent[] {
  return read.map(([, events]) => events ?? []).reduce((one, other) => (other.length > one.length ? other : one), []);
}

async function journal(id: string, known: readonly JournalEvent[]): Promise<JournalEvent[]> {
  const events = [...known];
  let cursor = events.at(-1)?.seq;
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
