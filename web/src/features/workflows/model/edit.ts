// Changes of a flow. Each gives another flow and leaves the one that it was given. Pure.
import { type Edge, edgeKey, everyNode, type Flow, type FlowNode, type Graph, graphAt, hasBody, type Point, withGraph } from "@/features/workflows/model/flow";
import { nextLabel } from "@/features/workflows/model/outcomes";
import { layered, NODE_HEIGHT, NODE_WIDTH } from "@/features/workflows/model/placement";
import { renamedIn } from "@/features/workflows/model/rename";

type Place = readonly string[];

const RESERVED = new Set(["inputs", "output", "input", "vars", "run", "item", "index", "last", "secrets"]);
const GAP = 60;
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Whether a node may be called that. */
export function isFreeName(flow: Flow, name: string): boolean {
  return NAME.test(name) && !RESERVED.has(name) && ![...everyNode(flow.graph)].some((each) => each.id === name);
}

/** An id like `wanted` that no node has yet. */
export function freeId(flow: Flow, wanted: string): string {
  const taken = new Set([...everyNode(flow.graph)].map((each) => each.id));
  const base = RESERVED.has(wanted) ? `${wanted}_node` : wanted;
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

function changed(flow: Flow, place: Place, change: (graph: Graph) => Graph): Flow {
  const graph = graphAt(flow, place);
  return graph ? withGraph(flow, place, change(graph)) : flow;
}

interface Added {
  flow: Flow;
  id: string;
}

/** A new node, joined behind `after` where that is given. */
export function added(flow: Flow, place: Place, type: string, config: FlowNode["config"], options: { after?: string | null; at?: Point } = {}): Added {
  const id = freeId(flow, type);
  const node: FlowNode = { type, config, body: hasBody(type) ? { nodes: {}, edges: [] } : null };
  const at = options.at ?? besides(flow, place, options.after ?? null);
  const next = changed(flow, place, (graph) => ({ ...graph, nodes: { ...graph.nodes, [id]: node } }));
  const placed = { ...next, layout: { ...settled(flow, place), [id]: at } };
  return { flow: options.after ? connected(placed, place, options.after, id) : placed, id };
}

/** The layout with every node of a level where it is shown, so that a change of the graph moves none of them. */
function settled(flow: Flow, place: Place): Flow["layout"] {
  const graph = graphAt(flow, place);
  return graph ? { ...flow.layout, ...positions(flow, graph) } : flow.layout;
}

/** Where each node of a level is shown: as the layout says, or as the edges suggest. */
export function positions(flow: Flow, graph: Graph): Record<string, Point> {
  const ids = Object.keys(graph.nodes);
  const missing = ids.filter((id) => !flow.layout[id]);
  const suggested = missing.length > 0 ? layered(graph) : {};
  const below = missing.length < ids.length && missing.length > 0 ? lowest(flow, ids) : 0;
  return Object.fromEntries(
    ids.map((id) => {
      const [x, y] = suggested[id] ?? [0, 0];
      return [id, flow.layout[id] ?? [x, y + below]];
    }),
  );
}

function lowest(flow: Flow, ids: readonly string[]): number {
  return Math.max(...ids.map((id) => flow.layout[id]?.[1] ?? Number.NEGATIVE_INFINITY)) + NODE_HEIGHT + GAP;
}

/** A free spot to the right of a node, or of everything. */
function besides(flow: Flow, place: Place, after: string | null): Point {
  const graph = graphAt(flow, place);
  const taken = graph ? Object.entries(positions(flow, graph)) : [];
  const from = taken.find(([id]) => id === after)?.[1];
  const x = from ? from[0] + NODE_WIDTH + GAP : taken.length > 0 ? Math.max(...taken.map(([, at]) => at[0])) + NODE_WIDTH + GAP : 0;
  let y = from?.[1] ?? taken[0]?.[1][1] ?? 0;
  while (taken.some(([, at]) => Math.abs(at[0] - x) < NODE_WIDTH && Math.abs(at[1] - y) < NODE_HEIGHT)) y += NODE_HEIGHT + GAP / 2;
  return [x, y];
}

/** One more edge, with the label of the first outcome that has no way yet unless one is given. */
export function connected(flow: Flow, place: Place, source: string, target: string, label?: string | null): Flow {
  return changed(flow, place, (graph) => {
    const node = graph.nodes[source];
    if (!node || !graph.nodes[target] || source === target) return graph;
    const edge: Edge = { source, target, label: label === undefined ? nextLabel(source, node, graph.edges) : label };
    if (graph.edges.some((each) => edgeKey(each) === edgeKey(edge))) return graph;
    return { ...graph, edges: [...graph.edges, edge] };
  });
}

/** A new node in the middle of an edge. */
export function inserted(flow: Flow, place: Place, key: string, type: string, config: FlowNode["config"]): Added {
  const graph = graphAt(flow, place);
  const edge = graph?.edges.find((each) => edgeKey(each) === key);
  if (!graph || !edge) return added(flow, place, type, config);
  const at = positions(flow, graph);
  const [from, to] = [at[edge.source] ?? [0, 0], at[edge.target] ?? [0, 0]];
  const made = added(flow, place, type, config, { at: [Math.round((from[0] + to[0]) / 2), Math.round((from[1] + to[1]) / 2) + NODE_HEIGHT] });
  const without = disconnected(made.flow, place, [key]);
  const joined = connected(without, place, edge.source, made.id, edge.label);
  return { flow: connected(joined, place, made.id, edge.target), id: made.id };
}

/** The flow without some edges. */
export function disconnected(flow: Flow, place: Place, edges: readonly string[]): Flow {
  const gone = new Set(edges);
  return changed(flow, place, (graph) => ({ ...graph, edges: graph.edges.filter((each) => !gone.has(edgeKey(each))) }));
}

/** An edge with another label. */
export function relabelled(flow: Flow, place: Place, key: string, label: string | null): Flow {
  return changed(flow, place, (graph) => ({ ...graph, edges: graph.edges.map((each) => (edgeKey(each) === key ? { ...each, label } : each)) }));
}

/** The flow without some nodes of a level, and without their edges. */
export function removed(flow: Flow, place: Place, ids: readonly string[]): Flow {
  const gone = new Set(ids);
  const graph = graphAt(flow, place);
  for (const id of ids) for (const each of graph?.nodes[id]?.body ? everyNode(graph.nodes[id].body) : []) gone.add(each.id);
  const next = changed(flow, place, ({ nodes, edges }) => ({
    nodes: Object.fromEntries(Object.entries(nodes).filter(([id]) => !gone.has(id))),
    edges: edges.filter((edge) => !gone.has(edge.source) && !gone.has(edge.target)),
  }));
  return { ...next, layout: Object.fromEntries(Object.entries(settled(flow, place)).filter(([id]) => !gone.has(id))) };
}

/** Nodes of a level at other places. */
export function moved(flow: Flow, place: Place, to: Readonly<Record<string, Point>>): Flow {
  const rounded = Object.entries(to).map(([id, [x, y]]) => [id, [Math.round(x), Math.round(y)] as const] as const);
  return { ...flow, layout: { ...settled(flow, place), ...Object.fromEntries(rounded) } };
}

/** A node with another configuration; an edge whose outcome was renamed goes along. */
export function configured(flow: Flow, place: Place, id: string, config: FlowNode["config"]): Flow {
  return changed(flow, place, (graph) => {
    const node = graph.nodes[id];
    return node ? { ...graph, nodes: { ...graph.nodes, [id]: { ...node, config } } } : graph;
  });
}

/** A node under another id; edges, layout and expressions follow. */
export function renamed(flow: Flow, place: Place, from: string, to: string): Flow {
  const graph = renamedIn(flow.graph, from, to);
  const layout = Object.fromEntries(Object.entries(settled(flow, place)).map(([id, at]) => [id === from ? to : id, at]));
  return { ...flow, graph, layout };
}
