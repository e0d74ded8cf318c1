"use client";
import type { ReactNode } from "react";
import { iconOf, useKinds } from "@/features/workflows/kinds";
import styles from "@/features/workflows/NodePalette.module.css";
import { useT } from "@/i18n";
import { Icon } from "@/ui/Icon";

/** Every type of node, by group: dragged onto the canvas, or pressed to go behind what is selected. */
export function NodePalette({ onAdd }: { onAdd: (type: string) => void }): ReactNode {
  const t = useT();
  const { groups, word } = useKinds();
  return (
    <nav className={styles.palette} aria-label={t("workflows.palette")}>
      {groups.map(({ group, name, types }) => (
        <details key={group} open className={styles.group} data-group={group}>
          <summary>{name}</summary>
          <ul className={styles.types}>
            {types.map(({ type, summary }) => (
              <li key={type}>
                <button
                  type="button"
                  className={styles.type}
                  title={summary}
                  draggable
                  onDragStart={(event) => event.dataTransfer.setData("application/x-liteagent-node", type)}
                  onClick={() => onAdd(type)}
                >
                  <Icon name={iconOf(type)} size={14} />
                  {word(type)}
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </nav>
  );
}
