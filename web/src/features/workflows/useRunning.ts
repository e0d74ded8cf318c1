"use client";
import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { api, data, type Schema } from "@/api/client";
import { isObject, messageOf } from "@/api/errors";
import { nodeOf } from "@/features/workflows/model/flow";
import type { EditorStore } from "@/features/workflows/store";
import { useLiveRun } from "@/features/workflows/useLiveRun";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { useToasts } from "@/ui/Toasts";

const KEY = "liteagent.lastRun.";

export interface Running {
  runId: string | null;
  starting: boolean;
  error: Error | null;
  /** Starts a run of the flow as it is now, saved first. */
  start: (inputs: Record<string, unknown>) => void;
  /** Runs a node and what follows once more, from what the nodes before came to. */
  again: (id: string) => void;
  /** Runs what follows a node once more, as if it had come to another output. */
  withOutput: (id: string, output: unknown) => void;
  stop: () => void;
  /** Shows no run. */
  clear: () => void;
}

class Unsaved extends Error {}

/** The run that the editor shows, and how to start others. Its id stands in the address. */
export function useRunning(store: EditorStore, save: () => Promise<boolean>): Running {
  const t = useT();
  const say = useToasts();
  const { get, set } = useParams();
  const { workflowId } = store.getState();
  const runId = get("run");
  useLiveRun(store, runId);

  useEffect(() => {
    const last = localStorage.getItem(KEY + workflowId);
    if (!runId && last) set({ run: last });
    // Once, when the flow is opened.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [workflowId]);

  const shown = useCallback(
    (run: Schema<"RunView">) => {
      localStorage.setItem(KEY + workflowId, run.id);
      set({ run: run.id });
    },
    [set, workflowId],
  );
  const { mutate, isPending, error } = useMutation({
    mutationFn: async (work: () => Promise<Schema<"RunView">>) => work(),
    onSuccess: shown,
    onError: (failure) => say.failed(messageOf(failure)),
  });

  return useMemo(() => {
    const fork = (at: number, patch: Record<string, unknown>): void => {
      const id = store.getState().run?.id;
      if (id) mutate(() => data(api.POST("/api/runs/{run_id}/fork", { params: { path: { run_id: id } }, body: { at, patch: patch as never } })));
    };
    return {
      runId,
      starting: isPending,
      error,
      start: (inputs) =>
        mutate(async () => {
          if (!(await save())) throw new Unsaved(t("workflows.mendFirst"));
          const { version } = store.getState();
          const params = { path: { workflow_id: workflowId } };
          return data(api.POST("/api/workflows/{workflow_id}/runs", { params, body: { inputs, version } as never })) as Promise<Schema<"RunView">>;
        }),
      again: (id) => {
        const node = store.getState().run?.nodes[id];
        if (node) fork(node.from - 1, {});
      },
      withOutput: (id, output) => {
        const node = store.getState().run?.nodes[id];
        if (!node?.to) return;
        // What a run was given is read as `inputs` too, not only as the output of its start.
        const inputs = nodeOf(store.getState().flow, id)?.type === "start" && isObject(output) ? { inputs: output } : {};
        fork(node.to, { outputs: { [node.path]: output }, ...inputs });
      },
      stop: () => {
        const id = store.getState().run?.id;
        if (id) void data(api.POST("/api/runs/{run_id}/cancel", { params: { path: { run_id: id } } })).catch((failure: unknown) => say.failed(messageOf(failure)));
      },
      clear: () => {
        localStorage.removeItem(KEY + workflowId);
        set({ run: null });
      },
    };
  }, [error, isPending, mutate, runId, save, say, set, store, t, workflowId]);
}
