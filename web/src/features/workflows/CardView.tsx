"use client";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import styles from "@/features/workflows/Canvas.module.css";
import { gist } from "@/features/workflows/describe";
import { iconOf, useKinds } from "@/features/workflows/kinds";
import type { CardNode } from "@/features/workflows/model/elements";
import { NODE_HEIGHT, WAY_HEIGHT } from "@/features/workflows/model/placement";
import type { Standing } from "@/features/workflows/model/live";
import { type Editor, useEditor } from "@/features/workflows/store";
import { useT } from "@/i18n";
import { Icon, type IconName } from "@/ui/Icon";

const HEAD = NODE_HEIGHT / 2;
const STANDINGS: Readonly<Record<Standing, IconName>> = { running: "run", waiting: "user", completed: "check", failed: "alert" };

/** A node as the canvas shows it: what kind it is, what it is called, where it stands in the run, and its ways out. */
export const CardView = memo(function CardView({ id, data }: NodeProps<CardNode>): ReactNode {
  const t = useT();
  const kinds = useKinds();
  const { node, ways } = data;
  const group = kinds.of(node.type)?.group ?? "flow";
  const standing = useEditor((state) => standingOf(state, id));
  return (
    <div className={styles.card} data-group={group} data-standing={standing}>
      {node.type !== "start" && <Handle type="target" position={Position.Left} style={{ top: HEAD }} className={styles.handle} />}
      {node.type !== "end" && <Handle id="" type="source" position={Position.Right} style={{ top: HEAD }} className={styles.handle} />}
      <div className={styles.head}>
        <Icon name={iconOf(node.type)} size={14} />
        <span className={styles.kind}>{kinds.word(node.type)}</span>
        <Marks id={id} standing={standing} />
      </div>
      <div className={styles.name}>{id}</div>
      <div className={styles.gist}>{node.body ? t("workflows.bodyOf", { n: Object.keys(node.body.nodes).length }) : gist(node)}</div>
      {ways.map((way, at) => (
        <div key={way} className={styles.way}>
          {way}
          <Handle id={way} type="source" position={Position.Right} style={{ top: NODE_HEIGHT + at * WAY_HEIGHT + WAY_HEIGHT / 2 }} className={styles.handle} />
        </div>
      ))}
    </div>
  );
});

/** Where the node stands in the run that is shown. */
function standingOf({ run }: Editor, id: string): Standing | undefined {
  const standing = run?.nodes[id]?.standing;
  const writes = (run?.writing[id] ?? "") !== "";
  return writes && (standing === undefined || standing === "completed") ? "running" : standing;
}

/** The same in a glyph, how often it has ended, and whether something is wrong with the node. */
function Marks({ id, standing }: { id: string; standing: Standing | undefined }): ReactNode {
  const t = useT();
  const live = useEditor((state) => state.run?.nodes[id]);
  const wrong = useEditor((state) => state.wrong[id]);
  return (
    <span className={styles.marks}>
      {live && live.times > 1 && <span className={styles.times}>×{live.times}</span>}
      {standing && (
        <span className={styles.standing} data-standing={standing} title={live?.error ?? t(`workflows.standing.${standing}`)}>
          <Icon name={STANDINGS[standing]} size={14} />
          <span className="visually-hidden">{t(`workflows.standing.${standing}`)}</span>
        </span>
      )}
      {wrong && (
        <span className={styles.wrong} data-severity={wrong} title={t("workflows.hasProblems")}>
          <Icon name="alert" size={14} />
          <span className="visually-hidden">{t("workflows.hasProblems")}</span>
        </span>
      )}
    </span>
  );
}
