"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { flowOf } from "@/features/workflows/flowsApi";
import { errorsIn } from "@/features/workflows/model/problems";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { useToasts } from "@/ui/Toasts";

/** Saves the flow and makes that version the one that runs, triggers and others take. */
export function PublishDialog({ save, onClose }: { save: () => Promise<boolean>; onClose: () => void }): ReactNode {
  const t = useT();
  const say = useToasts();
  const store = useEditorStore();
  const queries = useQueryClient();
  const { workflowId } = store.getState();
  const errors = useEditor((state) => errorsIn(state.problems));
  const path = { workflow_id: workflowId };
  const now = useQuery({ queryKey: keys.one("workflows", workflowId), queryFn: () => flowOf(workflowId) });
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await save())) throw new Error(t("workflows.mendFirst"));
      const { version } = store.getState();
      return data(api.POST("/api/workflows/{workflow_id}/publish", { params: { path }, body: { version } }));
    },
    onSuccess: (view) => {
      say.done(t("workflows.publishedNow", { n: view.published_version ?? view.version }));
      queries.setQueryData(keys.one("workflows", workflowId), view);
      onClose();
    },
  });
  return (
    <Dialog
      title={t("workflows.publish")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button kind="primary" icon="check" data-first busy={publish.isPending} disabled={errors > 0} onClick={() => publish.mutate()}>
            {t("workflows.publish")}
          </Button>
        </>
      }
    >
      <p>{now.data?.published_version ? t("workflows.publishText", { n: now.data.published_version }) : t("workflows.publishFirst")}</p>
      {errors > 0 && <p role="alert">{t("workflows.mendFirst")}</p>}
      {publish.error && <p role="alert">{messageOf(publish.error)}</p>}
    </Dialog>
  );
}
