"use client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import type { Trigger } from "@/features/triggers/model/draft";
import { RotateDialog } from "@/features/triggers/RotateDialog";
import { TriggerDialog } from "@/features/triggers/TriggerDialog";
import { useStale } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { useNav } from "@/nav";
import { Button } from "@/ui/Button";
import { Removal } from "@/ui/Removal";
import { useToasts } from "@/ui/Toasts";

/** What can be done with a trigger. */
export function TriggerActions({ trigger }: { trigger: Trigger }): ReactNode {
  const t = useT();
  const nav = useNav();
  const say = useToasts();
  const stale = useStale();
  const [open, setOpen] = useState<"edit" | "rotate" | "delete" | null>(null);
  const close = (): void => setOpen(null);
  const params = { params: { path: { trigger_id: trigger.id } } };
  const onError = (error: Error): void => say.failed(messageOf(error));
  const fire = useMutation({
    mutationFn: () => data(api.POST("/api/triggers/{trigger_id}/test", { ...params })),
    onSuccess: (delivery) => {
      const why = delivery.error?.message;
      if (delivery.status === "delivered") say.done(t("triggers.fired"));
      else say.failed(typeof why === "string" ? why : t(`triggers.status.${delivery.status}`));
    },
    onError,
    onSettled: stale,
  });
  const pause = useMutation({
    mutationFn: () => data(api.PATCH("/api/triggers/{trigger_id}", { ...params, body: { enabled: !trigger.enabled } })),
    onError,
    onSettled: stale,
  });
  return (
    <>
      <Button kind="primary" icon="bolt" busy={fire.isPending} onClick={() => fire.mutate()}>
        {t(trigger.kind === "outgoing" ? "triggers.sendTest" : "triggers.fire")}
      </Button>
      <Button icon={trigger.enabled ? "pause" : "play"} busy={pause.isPending} onClick={() => pause.mutate()}>
        {t(trigger.enabled ? "triggers.pause" : "triggers.resume")}
      </Button>
      <Button icon="edit" onClick={() => setOpen("edit")}>
        {t("action.edit")}
      </Button>
      {trigger.kind !== "schedule" && (
        <Button icon="key" onClick={() => setOpen("rotate")}>
          {t("triggers.rotate")}
        </Button>
      )}
      <Button icon="trash" kind="danger" onClick={() => setOpen("delete")}>
        {t("action.delete")}
      </Button>
      {open === "edit" && <TriggerDialog trigger={trigger} onClose={close} />}
      {open === "rotate" && <RotateDialog trigger={trigger} onClose={close} />}
      {open === "delete" && (
        <Removal
          name={trigger.name}
          text={t("triggers.deleteText")}
          from="triggers"
          remove={() => data(api.DELETE("/api/triggers/{trigger_id}", params))}
          onDone={() => nav("/triggers")}
          onClose={close}
        />
      )}
    </>
  );
}
