// A level of a flow as what the canvas draws, and back. What did not change stays the same object, so that it is not drawn again.
import type { Edge as DrawnEdge, Node as DrawnNode } from "@xyflow/react";
import { positions } from "@/features/workflows/model/edit";
import { type Edge, edgeKey, type Flow, type FlowNode, type Graph, type Point } from "@/features/workflows/model/flow";
import { waysOut } from "@/features/workflows/model/outcomes";
import { heightOf, NODE_WIDTH } from "@/features/workflows/model/placement";

export interface Card extends Record<string, unknown> {
  node: FlowNode;
  /** The labels of its ways out; empty for the one that has none. */
  ways: readonly string[];
}

export type CardNode = DrawnNode<Card, "card">;
export type WayEdge = DrawnEdge<{ label: string | null }, "way">;

export interface Elements {
  nodes: CardNode[];
  edges: WayEdge[];
}

/** How a node with these edges out of it is read out. */
export type Describe = (id: string, node: FlowNode, edges: readonly Edge[]) => string;

const NO_EDGES: readonly Edge[] = [];

/** What the canvas draws of a level. */
export function elementsOf(flow: Flow, graph: Graph, selected: ReadonlySet<string>, before: Elements, describe: Describe): Elements {
  const at = positions(flow, graph);
  const drawn = new Map(before.nodes.map((each) => [each.id, each]));
  const out = outOf(graph);
  const nodes = Object.entries(graph.nodes).map(([id, node]) => {
    const edges = out.get(id) ?? NO_EDGES;
    return card(id, node, at[id] ?? [0, 0], edges, selected.has(id), drawn.get(id), describe(id, node, edges));
  });
  const lines = new Map(before.edges.map((each) => [each.id, each]));
  const edges = graph.edges
    .filter((edge) => graph.nodes[edge.source] && graph.nodes[edge.target])
    .map((edge): WayEdge => {
      const id = edgeKey(edge);
      const old = lines.get(id);
      if (old && old.selected === selected.has(id)) return old;
      return {
        id,
        type: "way",
        source: edge.source,
        target: edge.target,
        sourceHandle: edge.label ?? "",
        selected: selected.has(id),
        ariaLabel: edge.label === null ? `${edge.source} → ${edge.target}` : `${edge.source} → ${edge.target}: ${edge.label}`,
        data: { label: edge.label },
      };
    });
  return { nodes, edges };
}

/** The edges out of each node. */
function outOf(graph: Graph): Map<string, Edge[]> {
  const found = new Map<string, Edge[]>();
  for (const edge of graph.edges) {
    const edges = found.get(edge.source);
    if (edges) edges.push(edge);
    else found.set(edge.source, [edge]);
  }
  return found;
}

function card(id: string, node: FlowNode, [x, y]: Point, edges: readonly Edge[], selected: boolean, old: CardNode | undefined, ariaLabel: string): CardNode {
  const ways = waysOut(id, node, edges);
  const data = old && old.data.node === node && equal(old.data.ways, ways) ? old.data : { node, ways };
  const placed = old && old.position.x === x && old.position.y === y;
  if (old && placed && old.data === data && old.selected === selected && old.ariaLabel === ariaLabel) return old;
  return {
    id,
    type: "card",
    ariaLabel,
    position: placed ? old.position : { x, y },
    selected,
    data,
    width: NODE_WIDTH,
    height: heightOf(ways.length),
    ...(old?.measured && { measured: old.measured }),
  };
}

function equal(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}

/** Where the canvas shows its nodes, as a layout. */
export function layoutOf(nodes: readonly CardNode[]): Record<string, Point> {
  return Object.fromEntries(nodes.map(({ id, position }) => [id, [position.x, position.y] as const]));
}
