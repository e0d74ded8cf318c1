// A flow as a list: every node after those that lead to it, its ways out, and its body below it. Pure.
import { type Edge, type FlowNode, type Graph } from "@/features/workflows/model/flow";
import { ordered } from "@/features/workflows/model/placement";

export interface Line {
  readonly id: string;
  readonly node: FlowNode;
  readonly place: readonly string[];
  readonly edges: readonly Edge[];
}

/** The lines of a graph and of the bodies in it, from top to bottom. */
export function outline(graph: Graph, place: readonly string[] = []): Line[] {
  return ordered(graph).flatMap((id) => {
    const node = graph.nodes[id] as FlowNode;
    const line: Line = { id, node, place, edges: graph.edges.filter((edge) => edge.source === id) };
    return [line, ...(node.body ? outline(node.body, [...place, id]) : [])];
  });
}

/** The node that an arrow key goes to from `id`, along the edges: those before it, after it, or beside it. */
export function neighbour(graph: Graph, id: string, way: "before" | "after" | "up" | "down"): string | null {
  const before = (of: string): string[] => graph.edges.filter((edge) => edge.target === of).map((edge) => edge.source);
  const after = (of: string): string[] => graph.edges.filter((edge) => edge.source === of).map((edge) => edge.target);
  if (way === "before") return before(id)[0] ?? null;
  if (way === "after") return after(id)[0] ?? null;
  const beside = [...new Set(before(id).flatMap(after))];
  const next = beside[beside.indexOf(id) + (way === "down" ? 1 : -1)];
  return next ?? null;
}
