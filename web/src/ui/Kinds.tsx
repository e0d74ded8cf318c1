"use client";
import type { ReactNode } from "react";
import { Icon, type IconName } from "@/ui/Icon";
import styles from "@/ui/Kinds.module.css";

interface Props<Kind extends string> {
  label: string;
  kinds: readonly { kind: Kind; icon: IconName; name: string; text: string }[];
  chosen: Kind;
  onChoose: (kind: Kind) => void;
}

/** One of a few kinds of a thing, each with what it is for. */
export function Kinds<Kind extends string>({ label, kinds, chosen, onChoose }: Props<Kind>): ReactNode {
  return (
    <div className={styles.kinds} role="group" aria-label={label}>
      {kinds.map(({ kind, icon, name, text }) => (
        <button key={kind} type="button" className={styles.kind} aria-pressed={chosen === kind} onClick={() => onChoose(kind)}>
          <Icon name={icon} />
          <strong>{name}</strong>
          <span className="muted">{text}</span>
        </button>
      ))}
    </div>
  );
}
