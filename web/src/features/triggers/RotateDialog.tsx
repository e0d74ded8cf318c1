"use client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import type { Trigger } from "@/features/triggers/model/draft";
import { ShownOnce } from "@/features/triggers/ShownOnce";
import { useStale } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Fields, Select } from "@/ui/Field";

const KEPT_HOURS = [0, 1, 24, 168] as const;

/** Gives a trigger another address and secret, and says how long the old ones hold. */
export function RotateDialog({ trigger, onClose }: { trigger: Trigger; onClose: () => void }): ReactNode {
  const t = useT();
  const stale = useStale();
  const [hours, setHours] = useState<number>(0);
  const rotate = useMutation({
    mutationFn: () =>
      data(
        api.POST("/api/triggers/{trigger_id}/rotate", {
          params: { path: { trigger_id: trigger.id } },
          body: { keep_seconds: hours * 3600 },
        }),
      ),
    onSettled: stale,
  });
  if (rotate.data) return <ShownOnce trigger={rotate.data} onClose={onClose} />;
  return (
    <Dialog
      title={t("triggers.rotate")}
      onClose={onClose}
      actions={
        <Button kind="primary" busy={rotate.isPending} onClick={() => rotate.mutate()}>
          {t("triggers.rotate")}
        </Button>
      }
    >
      <Fields>
        <p>{t("triggers.rotateText")}</p>
        <Field label={t("triggers.keep")} error={rotate.error ? messageOf(rotate.error) : null}>
          <Select value={hours} onChange={(event) => setHours(Number(event.target.value))}>
            {KEPT_HOURS.map((each) => (
              <option key={each} value={each}>
                {each === 0 ? t("triggers.keep.none") : t("triggers.keep.hours", { n: each })}
              </option>
            ))}
          </Select>
        </Field>
      </Fields>
    </Dialog>
  );
}
