"use client";
import { useCallback, useEffect, useRef } from "react";
import { api, data } from "@/api/client";
import { follow, type RunEvent } from "@/api/stream";
import { after, begun, hasEnded, type Happened, type LiveRun } from "@/features/workflows/model/live";
import type { EditorStore } from "@/features/workflows/store";

const LOOK_MS = 1_000;

/** Follows a run into the editor's state, frame by frame, through waits and pauses, until it has ended or another is shown. */
export function useLiveRun(store: EditorStore, runId: string | null): void {
  const frame = useRef(0);
  const put = useCallback(
    (run: LiveRun) => {
      cancelAnimationFrame(frame.current);
      frame.current = requestAnimationFrame(() => store.getState().set({ run }));
    },
    [store],
  );
  useEffect(() => {
    if (!runId) {
      store.getState().set({ run: null });
      return;
    }
    const control = new AbortController();
    void watch(runId, put, control.signal).catch(() => undefined);
    return () => control.abort();
  }, [put, runId, store]);
}

async function watch(id: string, put: (run: LiveRun) => void, signal: AbortSignal): Promise<void> {
  let run = begun(id);
  put(run);
  while (!signal.aborted) {
    for await (const event of follow({ url: `/api/runs/${id}/events`, after: run.seq > 0 ? String(run.seq) : null, signal })) {
      run = after(run, happened(event));
      put(run);
    }
    if (hasEnded(run.status) || signal.aborted) return;
    await moved(id, run.seq, signal);
  }
}

function happened(event: RunEvent): Happened {
  const { data } = event;
  // The journal's events carry their payload as it is; the sequence number is the stream's id.
  return { seq: Number.parseInt(event.id ?? "0", 10), type: event.type, data };
}

/** Returns once the run has more events than `seq`. */
async function moved(id: string, seq: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const run = await data(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } } })).catch(() => null);
    if (run && run.seq > seq) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
