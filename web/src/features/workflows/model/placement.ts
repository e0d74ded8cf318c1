// Where nodes go that nobody has placed: in columns by how far they are from the start. Pure, and quick.
import type { Graph, Point } from "@/features/workflows/model/flow";

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 64;
export const WAY_HEIGHT = 22;

const COLUMN = NODE_WIDTH + 72;
const ROW = NODE_HEIGHT + 56;

/** How high the card of a node with that many ways out is. */
export function heightOf(ways: number): number {
  return NODE_HEIGHT + ways * WAY_HEIGHT;
}

/** The nodes of a graph, each after all that lead to it; what stands in a circle comes last. */
export function ordered(graph: Graph): string[] {
  const waits = new Map(Object.keys(graph.nodes).map((id) => [id, 0]));
  const next = new Map<string, string[]>();
  for (const { source, target } of graph.edges) {
    if (!waits.has(source) || !waits.has(target)) continue;
    waits.set(target, (waits.get(target) ?? 0) + 1);
    next.set(source, [...(next.get(source) ?? []), target]);
  }
  const ready = [...waits].filter(([, count]) => count === 0).map(([id]) => id);
  const found: string[] = [];
  for (let at = 0; at < ready.length; at += 1) {
    const id = ready[at] as string;
    found.push(id);
    for (const target of next.get(id) ?? []) {
      const left = (waits.get(target) ?? 0) - 1;
      waits.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  const seen = new Set(found);
  return [...found, ...[...waits.keys()].filter((id) => !seen.has(id))];
}

/** A place for every node. */
export function layered(graph: Graph): Record<string, Point> {
  const column = new Map<string, number>();
  const sources = new Map<string, string[]>();
  for (const { source, target } of graph.edges) sources.set(target, [...(sources.get(target) ?? []), source]);
  const rows = new Map<number, number>();
  const found: Record<string, Point> = {};
  for (const id of ordered(graph)) {
    const before = (sources.get(id) ?? []).map((source) => column.get(source) ?? -1);
    const at = before.length > 0 ? Math.max(...before) + 1 : 0;
    const row = rows.get(at) ?? 0;
    column.set(id, at);
    rows.set(at, row + 1);
    found[id] = [at * COLUMN, row * ROW];
  }
  return found;
}
