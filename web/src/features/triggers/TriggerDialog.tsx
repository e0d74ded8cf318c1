"use client";
import { type ReactNode, useState } from "react";
import { OutgoingFields } from "@/features/triggers/OutgoingFields";
import { ScheduleFields } from "@/features/triggers/ScheduleFields";
import { ShownOnce } from "@/features/triggers/ShownOnce";
import { StartFields } from "@/features/triggers/StartFields";
import styles from "@/features/triggers/Triggers.module.css";
import { WebhookFields } from "@/features/triggers/WebhookFields";
import { type Draft, draftOf, emptyDraft, isComplete, KINDS, type Kind, type NewTrigger, type Trigger } from "@/features/triggers/model/draft";
import { errorAt, useSave } from "@/features/triggers/triggersApi";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import type { IconName } from "@/ui/Icon";
import { Kinds } from "@/ui/Kinds";

export const KIND_ICONS: Readonly<Record<Kind, IconName>> = { schedule: "clock", webhook: "bolt", outgoing: "send" };

const PLACED = ["target", "inputs", "cron", "timezone", "url", "events", "watched", "secret", "signature"];

interface Props {
  /** The one to change; null makes another. */
  trigger: Trigger | null;
  onClose: (id?: string) => void;
}

export interface PartProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  error: Error | null;
  /** What the secret there looks like, if there is one. */
  masked?: string | null;
}

/** Makes a trigger, or changes one. What is shown once is shown before it closes. */
export function TriggerDialog({ trigger, onClose }: Props): ReactNode {
  const t = useT();
  const [draft, setDraft] = useState<Draft>(() => (trigger ? draftOf(trigger) : emptyDraft(Intl.DateTimeFormat().resolvedOptions().timeZone)));
  const [made, setMade] = useState<NewTrigger | null>(null);
  const save = useSave(trigger?.id ?? null, (saved) => (saved.hook_path || saved.new_secret ? setMade(saved) : onClose(saved.id)));
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  if (made) return <ShownOnce trigger={made} onClose={() => onClose(made.id)} />;
  const part: PartProps = { draft, change, error: save.error, masked: trigger?.secret };
  return (
    <Dialog
      title={trigger ? t("triggers.change", { name: trigger.name }) : t("triggers.add")}
      onClose={() => onClose()}
      wide
      actions={
        <Button kind="primary" busy={save.isPending} disabled={!isComplete(draft)} onClick={() => save.mutate(draft)}>
          {trigger ? t("action.save") : t("action.create")}
        </Button>
      }
    >
      <div className={styles.form}>
        {!trigger && (
          <Kinds
            label={t("triggers.kind")}
            kinds={KINDS.map((kind) => ({ kind, icon: KIND_ICONS[kind], name: t(`triggers.kind.${kind}`), text: t(`triggers.kindText.${kind}`) }))}
            chosen={draft.kind}
            onChoose={(kind) => change({ kind })}
          />
        )}
        <Field label={t("triggers.name")} error={errorAt(save.error, "", PLACED)}>
          <Input value={draft.name} onChange={(event) => change({ name: event.target.value })} />
        </Field>
        {draft.kind === "outgoing" ? <OutgoingFields {...part} /> : <StartFields {...part} />}
        {draft.kind === "schedule" && <ScheduleFields {...part} />}
        {draft.kind === "webhook" && <WebhookFields {...part} />}
      </div>
    </Dialog>
  );
}
