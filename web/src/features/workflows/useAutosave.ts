"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { api, data } from "@/api/client";
import { AppError } from "@/api/errors";
import { keys } from "@/api/queries";
import { forget, keep } from "@/features/workflows/localJournal";
import { same } from "@/features/workflows/model/diff";
import { type Flow, toDocument } from "@/features/workflows/model/flow";
import { errorsIn, type Problem } from "@/features/workflows/model/problems";
import type { EditorStore } from "@/features/workflows/store";

const CHECK_MS = 300;
const SAVE_MS = 1_500;
const AGAIN_MS = 4_000;

/** Checks every change and saves what is valid, a moment after the last one. What cannot be saved yet is kept in the
 * browser. Gives a function that saves at once; it says whether the server has the flow as it is now. */
export function useAutosave(store: EditorStore): () => Promise<boolean> {
  const queries = useQueryClient();
  const under = useRef<Promise<boolean> | null>(null);

  const save = useCallback(async (): Promise<boolean> => {
    while (under.current) await under.current;
    const { flow, saved, workflowId, set } = store.getState();
    if (flow === saved) return true;
    const attempt = async (): Promise<boolean> => {
      set({ saving: "saving" });
      try {
        const body = toDocument(flow) as never;
        const view = await data(api.PUT("/api/workflows/{workflow_id}", { params: { path: { workflow_id: workflowId } }, body }));
        const now = store.getState();
        now.set({ saved: flow, version: view.version, saving: now.flow === flow ? "saved" : "waiting" });
        queries.setQueryData(keys.one("workflows", workflowId), view);
        void queries.invalidateQueries({ queryKey: [...keys.one("workflows", workflowId), "versions"] });
        if (now.flow === flow) await forget(workflowId);
        return now.flow === flow;
      } catch (error) {
        set({ saving: standing(error) });
        return false;
      }
    };
    under.current = attempt().finally(() => {
      under.current = null;
    });
    return under.current;
  }, [queries, store]);

  useEffect(() => {
    let checking: ReturnType<typeof setTimeout>;
    let saving: ReturnType<typeof setTimeout>;
    const check = async (flow: Flow): Promise<void> => {
      const problems = await validated(flow);
      if (!problems || store.getState().flow !== flow) return;
      store.getState().set({ problems });
      if (errorsIn(problems) > 0 && store.getState().saved !== flow) store.getState().set({ saving: "invalid" });
    };
    const later = (wait: number): void => {
      clearTimeout(saving);
      saving = setTimeout(() => {
        if (errorsIn(store.getState().problems) > 0) return;
        void save().then((done) => {
          if (!done && store.getState().saving === "offline") later(AGAIN_MS);
        });
      }, wait);
    };
    const changed = (): void => {
      const { flow, saved, version, workflowId, set } = store.getState();
      if (same(toDocument(flow), toDocument(saved))) {
        set({ saved: flow, saving: "saved" });
        void forget(workflowId);
      } else {
        set({ saving: "waiting" });
        void keep(workflowId, { document: toDocument(flow), base: version, at: Date.now() });
      }
      clearTimeout(checking);
      checking = setTimeout(() => void check(flow), CHECK_MS);
      later(SAVE_MS);
    };
    void check(store.getState().flow);
    const stop = store.subscribe((state, before) => {
      if (state.flow !== before.flow) changed();
    });
    return () => {
      stop();
      clearTimeout(checking);
      clearTimeout(saving);
    };
  }, [save, store]);

  return save;
}

function standing(error: unknown): "invalid" | "offline" | "refused" {
  if (!(error instanceof AppError) || error.status === 0 || error.status >= 500) return "offline";
  return error.status === 422 ? "invalid" : "refused";
}

/** What the server says of a flow; null when it says nothing. */
async function validated(flow: Flow): Promise<Problem[] | null> {
  try {
    return (await data(api.POST("/api/workflows/validate", { body: toDocument(flow) as never }))).problems;
  } catch {
    return null;
  }
}
