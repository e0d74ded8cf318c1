"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { ForkDialog } from "@/features/runs/ForkDialog";
import { hasEnded } from "@/features/runs/model/status";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import { useToasts } from "@/ui/Toasts";

type Run = Schema<"RunView">;
type Verb = "pause" | "resume" | "cancel";

/** What can be done with a run right now. `at` is the event that the page stands at. */
export function RunActions({ run, at }: { run: Run; at: number }): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const [forking, setForking] = useState(false);
  const [comparing, setComparing] = useState(false);
  const act = useMutation({
    mutationFn: (verb: Verb) => data(api.POST(`/api/runs/{run_id}/${verb}`, { params: { path: { run_id: run.id } } })),
    onError: (error) => say.failed(messageOf(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.one("runs", run.id) }),
  });
  const replay = useMutation({
    mutationFn: () => data(api.POST("/api/runs/{run_id}/replay", { params: { path: { run_id: run.id } }, body: {} })),
    onSuccess: (found) => {
      const place = found.difference?.seq;
      if (found.ok) say.done(t("runs.replayed", { n: found.checked }));
      else say.failed(t("runs.differs", { seq: place ?? 0 }));
    },
    onError: (error) => say.failed(messageOf(error)),
  });
  const open = !hasEnded(run.status);
  return (
    <>
      {open && run.status !== "PAUSED" && (
        <Button icon="pause" busy={act.isPending} onClick={() => act.mutate("pause")}>
          {t("runs.pause")}
        </Button>
      )}
      {run.status === "PAUSED" && (
        <Button icon="play" kind="primary" busy={act.isPending} onClick={() => act.mutate("resume")}>
          {t("runs.resume")}
        </Button>
      )}
      {open && (
        <Button icon="stop" busy={act.isPending} onClick={() => act.mutate("cancel")}>
          {t("action.cancel")}
        </Button>
      )}
      <Button icon="fork" onClick={() => setForking(true)} disabled={at === 0}>
        {t("runs.fork", { seq: at })}
      </Button>
      <Button icon="retry" busy={replay.isPending} onClick={() => replay.mutate()}>
        {t("runs.replay")}
      </Button>
      <Button icon="table" onClick={() => setComparing(true)}>
        {t("runs.compare")}
      </Button>
      {forking && <ForkDialog run={run} at={at} onClose={() => setForking(false)} />}
      {comparing && <CompareDialog onClose={() => setComparing(false)} />}
    </>
  );
}

function CompareDialog({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  const { get, set } = useParams();
  const [other, setOther] = useState(get("with") ?? "");
  const id = other.trim().split("id=").at(-1)?.split("&")[0] ?? "";
  return (
    <Dialog
      title={t("runs.compare")}
      onClose={onClose}
      actions={
        <Button
          kind="primary"
          disabled={!id}
          onClick={() => {
            set({ with: id });
            onClose();
          }}
        >
          {t("runs.compare")}
        </Button>
      }
    >
      <Field label={t("runs.other")} hint={t("runs.otherHint")}>
        <Input className="mono" value={other} onChange={(event) => setOther(event.target.value)} />
      </Field>
    </Dialog>
  );
}
