"use client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { isObject, messageOf } from "@/api/errors";
import { useT } from "@/i18n";
import { href, useNav } from "@/nav";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, TextArea } from "@/ui/Field";

interface Props {
  run: Schema<"RunView">;
  at: number;
  onClose: () => void;
}

/** Begins another run with the same events up to one, and a changed state from there on. */
export function ForkDialog({ run, at, onClose }: Props): ReactNode {
  const t = useT();
  const nav = useNav();
  const [patch, setPatch] = useState("");
  const read = parsed(patch);
  const fork = useMutation({
    mutationFn: () =>
      data(api.POST("/api/runs/{run_id}/fork", { params: { path: { run_id: run.id } }, body: { at, patch: (read ?? {}) as never } })),
    onSuccess: (made) => nav(href("/runs", { id: made.id })),
  });
  const error = read === null ? t("form.json") : fork.error ? messageOf(fork.error) : null;
  return (
    <Dialog
      title={t("runs.fork", { seq: at })}
      onClose={onClose}
      actions={
        <Button kind="primary" icon="fork" busy={fork.isPending} disabled={read === null} onClick={() => fork.mutate()}>
          {t("runs.forkNow")}
        </Button>
      }
    >
      <Field label={t("runs.patch")} hint={t("runs.patchHint")} error={error}>
        <TextArea className="mono" rows={8} spellCheck={false} value={patch} onChange={(event) => setPatch(event.target.value)} />
      </Field>
    </Dialog>
  );
}

/** The object that was written; null while it is none. */
function parsed(text: string): Record<string, unknown> | null {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
