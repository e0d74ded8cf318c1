// What tells two flows apart, node by node and edge by edge. Pure.
import { edgeKey, everyNode, type Flow, type Graph } from "@/features/workflows/model/flow";

export type Change = "added" | "removed" | "changed";

export interface Difference {
  /** By node id, of any level. */
  readonly nodes: Readonly<Record<string, Change>>;
  /** By node id: the fields of a changed node that differ. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** By `edgeKey`. */
  readonly edges: Readonly<Record<string, Change>>;
  /** Sections besides nodes and edges that differ. */
  readonly sections: readonly string[];
}

/** How `after` differs from `before`; where nodes stand on the canvas is no difference but a section. */
export function difference(before: Flow, after: Flow): Difference {
  const was = new Map([...everyNode(before.graph)].map((each) => [each.id, each]));
  const is = new Map([...everyNode(after.graph)].map((each) => [each.id, each]));
  const nodes: Record<string, Change> = {};
  const fields: Record<string, string[]> = {};
  for (const id of was.keys()) if (!is.has(id)) nodes[id] = "removed";
  for (const [id, now] of is) {
    const old = was.get(id);
    if (!old) {
      nodes[id] = "added";
      continue;
    }
    const differing = [
      ...(old.node.type === now.node.type ? [] : ["type"]),
      ...(same(old.place, now.place) ? [] : ["place"]),
      ...differingKeys(old.node.config, now.node.config),
    ];
    if (differing.length > 0) [nodes[id], fields[id]] = ["changed", differing];
  }
  return { nodes, fields, edges: edges(before.graph, after.graph), sections: sections(before, after) };
}

function edges(before: Graph, after: Graph): Record<string, Change> {
  const was = new Set(everyEdge(before));
  const is = new Set(everyEdge(after));
  const found: Record<string, Change> = {};
  for (const key of was) if (!is.has(key)) found[key] = "removed";
  for (const key of is) if (!was.has(key)) found[key] = "added";
  return found;
}

function everyEdge(graph: Graph): string[] {
  const inner = Object.values(graph.nodes).flatMap((node) => (node.body ? everyEdge(node.body) : []));
  return [...graph.edges.map(edgeKey), ...inner];
}

function sections(before: Flow, after: Flow): string[] {
  const names = ["id", "name", "description", "inputs", "limits", "layout", "rest"] as const;
  return names.filter((name) => !same(before[name], after[name]));
}

function differingKeys(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !same(before[key], after[key]));
}

/** Whether two values are the same data; the order of an object's keys does not count. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [mine, theirs] = [Object.entries(one), other as Record<string, unknown>];
  return mine.length === Object.keys(theirs).length && mine.every(([key, value]) => key in theirs && same(value, theirs[key]));
}

/** Both flows in one: `after`, with what is gone from the outermost level of `before` still there, so that it can be shown. */
export function overlaid(before: Flow, after: Flow): Flow {
  const gone = Object.entries(before.graph.nodes).filter(([id]) => !after.graph.nodes[id]);
  const keys = new Set(after.graph.edges.map(edgeKey));
  const nodes = { ...after.graph.nodes, ...Object.fromEntries(gone) };
  const lost = before.graph.edges.filter((edge) => !keys.has(edgeKey(edge)) && nodes[edge.source] && nodes[edge.target]);
  return { ...after, graph: { nodes, edges: [...after.graph.edges, ...lost] }, layout: { ...before.layout, ...after.layout } };
}
