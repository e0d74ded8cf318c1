"use client";
import { useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { AppError, messageOf } from "@/api/errors";
import { bodyOf, type Draft, type NewTrigger } from "@/features/triggers/model/draft";

/** Makes a trigger of a draft, or changes the one of this id. */
export function useSave(id: string | null, onSaved: (trigger: NewTrigger) => void): UseMutationResult<NewTrigger, Error, Draft> {
  const stale = useStale();
  return useMutation({
    mutationFn: (draft: Draft) => {
      const body = bodyOf(draft);
      if (id) return data(api.PATCH("/api/triggers/{trigger_id}", { params: { path: { trigger_id: id } }, body: body as never }));
      return data(api.POST("/api/triggers", { body: { ...body, kind: draft.kind } as never }));
    },
    onSuccess: async (trigger) => {
      await stale();
      onSaved(trigger);
    },
  });
}

/** Makes stale what is shown of triggers. */
export function useStale(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["triggers"] });
}

/** What is wrong with one field, in the server's words. Without a name: what is wrong with none of the named. */
export function errorAt(error: Error | null, field: string, others: readonly string[] = []): string | null {
  if (!error) return null;
  const named = error instanceof AppError && typeof error.details.field === "string" ? error.details.field : "";
  const at = named.split(".")[0] ?? "";
  if (field === "") return others.includes(at) ? null : messageOf(error);
  return at === field ? messageOf(error) : null;
}
