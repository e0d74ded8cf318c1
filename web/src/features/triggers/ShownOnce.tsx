"use client";
import type { ReactNode } from "react";
import { curlFor, type NewTrigger } from "@/features/triggers/model/draft";
import styles from "@/features/triggers/Triggers.module.css";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Dialog } from "@/ui/Dialog";

/** The address and the secret of a trigger, which nobody can be shown again, and how to call it. */
export function ShownOnce({ trigger, onClose }: { trigger: NewTrigger; onClose: () => void }): ReactNode {
  const t = useT();
  const address = trigger.hook_path ? new URL(trigger.hook_path, globalThis.location.origin).href : null;
  const command = address && curlFor(address, trigger.signature, trigger.new_secret ?? null);
  return (
    <Dialog
      title={trigger.name}
      onClose={onClose}
      wide
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("triggers.noted")}
        </Button>
      }
    >
      <div className={styles.form}>
        <p>{t("triggers.once")}</p>
        {address && <Shown label={t("triggers.address")} text={address} />}
        {trigger.new_secret && <Shown label={t("triggers.secret")} text={trigger.new_secret} />}
        {command && <Shown label={t("triggers.example")} text={command} />}
      </div>
    </Dialog>
  );
}

function Shown({ label, text }: { label: string; text: string }): ReactNode {
  const t = useT();
  return (
    <div className={styles.block}>
      <strong>{label}</strong>
      <div className={styles.secret}>
        <pre className={styles.command}>{text}</pre>
        <CopyButton text={text} label={t("triggers.copy", { what: label })} />
      </div>
    </div>
  );
}
