"use client";
import "@xyflow/react/dist/base.css";
import { type Edge as DrawnEdge, Handle, type Node as DrawnNode, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import { memo, type ReactNode, useMemo } from "react";
import { iconOf, useKinds } from "@/features/workflows/kinds";
import { type Change, type Difference, overlaid } from "@/features/workflows/model/diff";
import { positions } from "@/features/workflows/model/edit";
import { edgeKey, type Flow } from "@/features/workflows/model/flow";
import { NODE_HEIGHT, NODE_WIDTH } from "@/features/workflows/model/placement";
import styles from "@/features/workflows/versions/Versions.module.css";
import { useT } from "@/i18n";
import { Icon } from "@/ui/Icon";
import { useTheme } from "@/ui/theme";

type Tinted = DrawnNode<{ type: string; change: Change | null; fields: readonly string[] }, "tinted">;

/** Both flows in one drawing: what is new, what is gone, what has changed. */
export default function GraphDifference({ before, after, found }: { before: Flow; after: Flow; found: Difference }): ReactNode {
  const t = useT();
  const { isDark } = useTheme();
  const { nodes, edges } = useMemo(() => drawn(before, after, found), [after, before, found]);
  return (
    <div className={styles.drawing}>
      <ReactFlow<Tinted>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        colorMode={isDark ? "dark" : "light"}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        minZoom={0.05}
        fitView
        proOptions={{ hideAttribution: true }}
        aria-label={t("workflows.graph")}
      />
    </div>
  );
}

const TintedCard = memo(function TintedCard({ id, data }: NodeProps<Tinted>): ReactNode {
  const t = useT();
  const { word } = useKinds();
  return (
    <div className={styles.tinted} data-change={data.change ?? undefined}>
      <Handle type="target" position={Position.Left} className={styles.hidden} />
      <Handle type="source" position={Position.Right} className={styles.hidden} />
      <span className="muted">
        <Icon name={iconOf(data.type)} size={12} /> {word(data.type)}
      </span>
      <strong>{id}</strong>
      {data.change && <span>{[t(`workflows.change.${data.change}`), data.fields.join(", ")].filter(Boolean).join(": ")}</span>}
    </div>
  );
});

const NODES = { tinted: TintedCard };

function drawn(before: Flow, after: Flow, found: Difference): { nodes: Tinted[]; edges: DrawnEdge[] } {
  const both = overlaid(before, after);
  const at = positions(both, both.graph);
  const nodes = Object.entries(both.graph.nodes).map(([id, node]): Tinted => {
    const [x, y] = at[id] ?? [0, 0];
    const inside = node.body && Object.keys(node.body.nodes).some((inner) => found.nodes[inner]);
    const change = found.nodes[id] ?? (inside ? "changed" : null);
    return { id, type: "tinted", position: { x, y }, width: NODE_WIDTH, height: NODE_HEIGHT, data: { type: node.type, change, fields: found.fields[id] ?? [] } };
  });
  const edges = both.graph.edges.map((edge): DrawnEdge => {
    const key = edgeKey(edge);
    const change = found.edges[key];
    return { id: key, source: edge.source, target: edge.target, type: "smoothstep", className: change ? styles[change] : undefined, label: edge.label ?? undefined };
  });
  return { nodes, edges };
}
