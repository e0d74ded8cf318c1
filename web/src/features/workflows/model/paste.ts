// Nodes as text: what is copied is YAML that a flow file could hold, so it can be pasted anywhere, and back.
import { isObject } from "@/api/errors";
import { freeId, positions } from "@/features/workflows/model/edit";
import { edgeData, everyNode, type Flow, type FlowNode, fromDocument, type Graph, graphAt, nodesData, type Point, ShapeError, withGraph } from "@/features/workflows/model/flow";
import { renamedIn } from "@/features/workflows/model/rename";

const SHIFT = 40;

/** Some nodes of a level with the edges between them, as data. */
export function copied(flow: Flow, place: readonly string[], ids: readonly string[]): Record<string, unknown> | null {
  const graph = graphAt(flow, place);
  const chosen = ids.filter((id) => graph?.nodes[id]);
  if (!graph || chosen.length === 0) return null;
  const inside = new Set(chosen);
  const edges = graph.edges.filter((edge) => inside.has(edge.source) && inside.has(edge.target));
  const at = positions(flow, graph);
  const part: Graph = { nodes: Object.fromEntries(chosen.map((id) => [id, graph.nodes[id] as FlowNode])), edges };
  return {
    nodes: nodesData(part),
    ...(edges.length > 0 && { edges: edges.map(edgeData) }),
    layout: Object.fromEntries(chosen.map((id) => [id, at[id] ?? [0, 0]])),
  };
}

export interface Pasted {
  flow: Flow;
  ids: string[];
}

/** The flow with the nodes of a copied part in it, under ids of their own; null where the data holds no nodes. A single
 * node may also be given without an id, as `type: …`. */
export function pasted(flow: Flow, place: readonly string[], data: unknown): Pasted | null {
  const part = partOf(data);
  const graph = graphAt(flow, place);
  if (!part || !graph) return null;
  let { graph: joining, layout } = part;
  const ids: string[] = [];
  let taken = flow;
  for (const { id } of [...everyNode(joining)]) {
    const free = freeId(taken, id);
    if (free !== id) {
      joining = renamedIn(joining, id, free);
      layout = Object.fromEntries(Object.entries(layout).map(([name, at]) => [name === id ? free : name, at]));
    }
    taken = { ...taken, graph: { ...taken.graph, nodes: { ...taken.graph.nodes, [free]: { type: "", config: {}, body: null } } } };
  }
  ids.push(...Object.keys(joining.nodes));
  const shown = positions({ ...flow, layout }, joining);
  const free = shift(positions(flow, graph), shown);
  const spots = ids.map((id): [string, Point] => [id, [(shown[id]?.[0] ?? 0) + free, (shown[id]?.[1] ?? 0) + free]]);
  const whole: Graph = { nodes: { ...graph.nodes, ...joining.nodes }, edges: [...graph.edges, ...joining.edges] };
  const next = withGraph(flow, place, whole);
  return { flow: { ...next, layout: { ...next.layout, ...layout, ...Object.fromEntries(spots) } }, ids };
}

function partOf(data: unknown): { graph: Graph; layout: Flow["layout"] } | null {
  if (!isObject(data)) return null;
  const nodes = isObject(data.nodes) ? data : typeof data.type === "string" ? { nodes: { [data.type]: data } } : asNodes(data);
  try {
    const { graph, layout } = fromDocument({ ...nodes, inputs: undefined, limits: undefined });
    return Object.keys(graph.nodes).length > 0 ? { graph, layout } : null;
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

/** `id: {type: …}` lines without `nodes:` above them. */
function asNodes(data: Record<string, unknown>): Record<string, unknown> {
  return Object.values(data).every((each) => isObject(each) && typeof each.type === "string") ? { nodes: data } : {};
}

/** How far pasted nodes are moved so that they hide none that is there. */
function shift(taken: Readonly<Record<string, Point>>, joining: Readonly<Record<string, Point>>): number {
  const there = Object.values(taken);
  let by = 0;
  const hides = (): boolean => Object.values(joining).some(([x, y]) => there.some((at) => Math.abs(at[0] - x - by) < SHIFT / 2 && Math.abs(at[1] - y - by) < SHIFT / 2));
  while (hides()) by += SHIFT;
  return by;
}
