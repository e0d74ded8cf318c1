"use client";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { gist } from "@/features/workflows/describe";
import { iconOf, useKinds } from "@/features/workflows/kinds";
import { type Line, outline } from "@/features/workflows/model/outline";
import { byNode } from "@/features/workflows/model/problems";
import styles from "@/features/workflows/Outline.module.css";
import { useEditor, useEditorStore } from "@/features/workflows/store";
import type { Target } from "@/features/workflows/useActions";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

interface Props {
  onAdd: (target: Target) => void;
  /** Told that a node is to be looked into. */
  onOpen: (id: string) => void;
}

/** The flow as a list, from start to end: all that the canvas can do, without the canvas. */
export function Outline({ onAdd, onOpen }: Props): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const graph = useEditor((state) => state.flow.graph);
  const problems = useEditor((state) => state.problems);
  const list = useRef<HTMLUListElement>(null);
  const wrong = byNode(problems);
  const lines = outline(graph);
  const step = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by || event.altKey) return;
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("[data-line]") ?? [])];
    const next = buttons[buttons.indexOf(document.activeElement as HTMLElement) + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  const pick = (line: Line): void => {
    const { enter, place, select } = store.getState();
    if (line.place.join() === place.join()) select([line.id]);
    else enter(line.place, [line.id]);
  };
  return (
    <div className={styles.outline}>
      <ul ref={list} className={styles.lines} aria-label={t("workflows.outline")} onKeyDown={step}>
        {lines.map((line) => (
          <OutlineLine key={line.id} line={line} wrong={(wrong[line.id]?.length ?? 0) > 0} onPick={() => pick(line)} onOpen={() => onOpen(line.id)} onAdd={onAdd} />
        ))}
      </ul>
      <Button icon="plus" onClick={() => onAdd({})}>
        {t("workflows.addNode")}
      </Button>
    </div>
  );
}

interface LineProps {
  line: Line;
  wrong: boolean;
  onPick: () => void;
  onOpen: () => void;
  onAdd: (target: Target) => void;
}

function OutlineLine({ line, wrong, onPick, onOpen, onAdd }: LineProps): ReactNode {
  const t = useT();
  const kinds = useKinds();
  const { id, node, place, edges } = line;
  const selected = useEditor((state) => state.selected.has(id));
  const standing = useEditor((state) => state.run?.nodes[id]?.standing);
  return (
    <li className={styles.line} data-selected={selected} data-group={kinds.of(node.type)?.group ?? "flow"} style={{ marginInlineStart: place.length * 20 }}>
      <button
        type="button"
        data-line={id}
        className={styles.main}
        aria-current={selected ? "true" : undefined}
        onFocus={onPick}
        onClick={() => {
          onPick();
          onOpen();
        }}
      >
        <Icon name={iconOf(node.type)} />
        <span className={styles.kind}>{kinds.word(node.type)}</span>
        <span className={styles.name}>{id}</span>
        <span className={styles.gist}>{gist(node)}</span>
        {standing && <span className={styles.standing} data-standing={standing}>{t(`workflows.standing.${standing}`)}</span>}
        {wrong && <span className={styles.wrong}>{t("workflows.hasProblems")}</span>}
        {edges.length > 0 && <span className={styles.ways}>{edges.map((edge) => `${edge.label ? `${edge.label} ` : ""}→ ${edge.target}`).join(", ")}</span>}
      </button>
      {node.body && Object.keys(node.body.nodes).length === 0 && (
        <Button small icon="plus" onClick={() => onAdd({ inside: [...place, id] })}>
          {t("workflows.addInside")}
        </Button>
      )}
      {node.type !== "end" && (
        <IconButton
          icon="plus"
          label={t("workflows.addAfter", { id })}
          onClick={() => {
            onPick();
            onAdd({ after: id });
          }}
        />
      )}
    </li>
  );
}
