"use client";
import { useCallback, useEffect, useRef } from "react";
import { type RunEvent, watch } from "@/api/stream";
import { after, begun, type Happened, type LiveRun } from "@/features/workflows/model/live";
import type { EditorStore } from "@/features/workflows/store";

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
    const show = async (): Promise<void> => {
      let run = begun(runId);
      put(run);
      for await (const event of watch(runId, null, control.signal)) {
        run = after(run, happened(event));
        put(run);
      }
    };
    void show().catch(() => undefined);
    return () => control.abort();
  }, [put, runId, store]);
}

function happened(event: RunEvent): Happened {
  const { data } = event;
  // The journal's events carry their payload as it is; the sequence number is the stream's id.
  return { seq: Number.parseInt(event.id ?? "0", 10), type: event.type, data };
}
