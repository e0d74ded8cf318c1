"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/Editor.module.css";
import { useT } from "@/i18n";
import type { Key } from "@/i18n/en";
import { Dialog } from "@/ui/Dialog";

const KEYS: readonly [string, Key][] = [
  ["/  Tab", "workflows.key.add"],
  ["Ctrl Enter", "workflows.key.run"],
  ["Shift Enter", "workflows.key.runHere"],
  ["Ctrl Z  Ctrl Shift Z", "workflows.key.undo"],
  ["Ctrl C  Ctrl V", "workflows.key.copy"],
  ["Ctrl D", "workflows.key.duplicate"],
  ["Ctrl A", "workflows.key.all"],
  ["Delete", "workflows.key.remove"],
  ["← → ↑ ↓", "workflows.key.move"],
  ["Alt ← → ↑ ↓", "workflows.key.walk"],
  ["L", "workflows.key.tidy"],
  ["F", "workflows.key.fit"],
  ["1 … 9", "workflows.key.problem"],
  ["Ctrl S", "workflows.key.publish"],
  ["Shift", "workflows.key.box"],
  ["Escape", "workflows.key.leave"],
  ["?", "workflows.key.map"],
];

/** The map of the editor's keys. */
export function Shortcuts({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  return (
    <Dialog title={t("workflows.shortcuts")} onClose={onClose}>
      <dl className={styles.keys}>
        {KEYS.map(([keys, told]) => (
          <div key={told}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(told)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
