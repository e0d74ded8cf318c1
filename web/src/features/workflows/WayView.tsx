"use client";
import { BaseEdge, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { createContext, memo, type ReactNode, useContext } from "react";
import styles from "@/features/workflows/Canvas.module.css";
import type { WayEdge } from "@/features/workflows/model/elements";
import { useT } from "@/i18n";

/** Asks for a node in the middle of an edge. */
export const InsertContext = createContext<(edge: string) => void>(() => undefined);

/** An edge with its label; the plus on it inserts a node between. The keyboard has `/` for that. */
export const WayView = memo(function WayView(props: EdgeProps<WayEdge>): ReactNode {
  const t = useT();
  const insert = useContext(InsertContext);
  const [path, x, y] = getSmoothStepPath({ ...props, borderRadius: 4 });
  const label = props.data?.label;
  return (
    <>
      <BaseEdge id={props.id} path={path} interactionWidth={16} />
      {label && (
        <text x={x} y={y - 6} textAnchor="middle" className={styles.label}>
          {label}
        </text>
      )}
      <g className={styles.plus} transform={`translate(${x} ${y})`} onClick={() => insert(props.id)}>
        <title>{t("workflows.insert")}</title>
        <circle r={9} />
        <path d="M-4 0h8M0 -4v8" />
      </g>
    </>
  );
});
