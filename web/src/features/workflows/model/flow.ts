// A flow as the editor holds it: the document of a flow file with its edges taken apart. Immutable; pure.
import { isObject } from "@/api/errors";

export interface Edge {
  readonly source: string;
  readonly target: string;
  readonly label: string | null;
}

export interface FlowNode {
  readonly type: string;
  /** Everything that the node says besides its type and its body. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly body: Graph | null;
}

export interface Graph {
  readonly nodes: Readonly<Record<string, FlowNode>>;
  readonly edges: readonly Edge[];
}

export type Point = readonly [number, number];

export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, unknown>>;
  readonly graph: Graph;
  /** Where nodes of any level are shown; ids are there once in a whole flow. */
  readonly layout: Readonly<Record<string, Point>>;
  /** Sections that no flow has; the server says so. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export type FlowDocument = Record<string, unknown>;

/** A document whose shape no canvas can show. */
export class ShapeError extends Error {
  constructor(readonly field: string) {
    super(field);
    this.name = "ShapeError";
  }
}

const ARROW = "->";
const BODIES = new Set(["loop", "iterate"]);
const EMPTY: Graph = { nodes: {}, edges: [] };

/** Whether nodes of that type have a body. */
export function hasBody(type: string): boolean {
  return BODIES.has(type);
}

/** The flow that a document's data holds.
 *
 * @throws ShapeError Naming the field that has another shape than a flow's.
 */
export function fromDocument(data: unknown): Flow {
  if (!isObject(data)) throw new ShapeError("");
  const { liteagent: _, id, name, description, inputs, limits, nodes, edges, layout, ...rest } = data;
  return {
    id: text(id, "id"),
    name: text(name, "name"),
    description: text(description, "description"),
    inputs: section(inputs, "inputs"),
    limits: section(limits, "limits"),
    graph: graphOf(nodes, edges, ""),
    layout: Object.fromEntries(Object.entries(section(layout, "layout")).map(([id, at]) => [id, point(at, `layout.${id}`)])),
    rest,
  };
}

function text(value: unknown, field: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new ShapeError(field);
  return value;
}

function section(value: unknown, field: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new ShapeError(field);
  return value;
}

function point(value: unknown, field: string): Point {
  if (!Array.isArray(value) || value.length !== 2 || value.some((each) => typeof each !== "number")) throw new ShapeError(field);
  return [value[0] as number, value[1] as number];
}

function graphOf(nodes: unknown, edges: unknown, place: string): Graph {
  const found = Object.entries(section(nodes, `${place}nodes`)).map(([id, node]) => {
    const field = `${place}nodes.${id}`;
    if (!isObject(node) || typeof node.type !== "string") throw new ShapeError(field);
    const { type, nodes: inner, edges: ways, ...config } = node;
    const body = inner !== undefined || ways !== undefined ? graphOf(inner, ways, `${field}.`) : hasBody(type) ? EMPTY : null;
    return [id, { type, config, body }] as const;
  });
  if (edges !== undefined && edges !== null && !Array.isArray(edges)) throw new ShapeError(`${place}edges`);
  return { nodes: Object.fromEntries(found), edges: ((edges ?? []) as unknown[]).flatMap((each, at) => edgesOf(each, `${place}edges.${at}`)) };
}

/** The edges that one entry stands for: `a -> b -> c`, or `{a -> b: label}`. */
function edgesOf(entry: unknown, field: string): Edge[] {
  const [way, label] = typeof entry === "string" ? [entry, null] : isObject(entry) ? only(entry, field) : [null, null];
  if (way === null) throw new ShapeError(field);
  const stops = way.split(ARROW).map((each) => each.trim());
  if (stops.length < 2 || stops.some((each) => !each)) throw new ShapeError(field);
  return stops.slice(1).map((target, at) => ({ source: stops[at] ?? "", target, label: at === stops.length - 2 ? label : null }));
}

function only(entry: Record<string, unknown>, field: string): [string, string | null] {
  const [first, ...others] = Object.entries(entry);
  if (!first || others.length > 0) throw new ShapeError(field);
  return [first[0], first[1] === null ? null : String(first[1])];
}

/** The document of a flow, its sections in their order. */
export function toDocument(flow: Flow): FlowDocument {
  const { id, name, description, inputs, limits, graph, layout, rest } = flow;
  const document: FlowDocument = { liteagent: 1, id };
  if (name) document.name = name;
  if (description) document.description = description;
  if (Object.keys(inputs).length > 0) document.inputs = inputs;
  if (Object.keys(limits).length > 0) document.limits = limits;
  document.nodes = nodesData(graph);
  if (graph.edges.length > 0) document.edges = graph.edges.map(edgeData);
  if (Object.keys(layout).length > 0) document.layout = layout;
  return { ...document, ...rest };
}

/** The nodes of a graph as a document has them. */
export function nodesData(graph: Graph): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(graph.nodes).map(([id, { type, config, body }]) => [
      id,
      { type, ...config, ...(body && { nodes: nodesData(body), ...(body.edges.length > 0 && { edges: body.edges.map(edgeData) }) }) },
    ]),
  );
}

/** An edge as a document has it; the labels true and false are written as such. */
export function edgeData({ source, target, label }: Edge): string | Record<string, string | boolean> {
  const way = `${source} ${ARROW} ${target}`;
  if (label === null) return way;
  return { [way]: label === "true" ? true : label === "false" ? false : label };
}

/** What tells one edge of a level from the others. */
export function edgeKey({ source, target, label }: Edge): string {
  return `${source}${ARROW}${target}${ARROW}${label ?? ""}`;
}

/** The graph inside the nodes of `place`, the outermost for an empty one; null where there is none. */
export function graphAt(flow: Flow, place: readonly string[]): Graph | null {
  let graph: Graph | null = flow.graph;
  for (const id of place) graph = graph?.nodes[id]?.body ?? null;
  return graph;
}

/** The flow with another graph at `place`. */
export function withGraph(flow: Flow, place: readonly string[], graph: Graph): Flow {
  return { ...flow, graph: replaced(flow.graph, place, graph) };
}

function replaced(graph: Graph, [id, ...inner]: readonly string[], by: Graph): Graph {
  if (id === undefined) return by;
  const node = graph.nodes[id];
  if (!node) return graph;
  return { ...graph, nodes: { ...graph.nodes, [id]: { ...node, body: replaced(node.body ?? EMPTY, inner, by) } } };
}

/** Every node of every level, with the nodes that it stands in. */
export function* everyNode(graph: Graph, place: readonly string[] = []): Generator<{ id: string; node: FlowNode; place: readonly string[] }> {
  for (const [id, node] of Object.entries(graph.nodes)) {
    yield { id, node, place };
    if (node.body) yield* everyNode(node.body, [...place, id]);
  }
}

/** Where a node stands, if it is there. */
export function placeOf(flow: Flow, id: string): readonly string[] | null {
  for (const each of everyNode(flow.graph)) if (each.id === id) return each.place;
  return null;
}

/** A node of any level. */
export function nodeOf(flow: Flow, id: string): FlowNode | null {
  for (const each of everyNode(flow.graph)) if (each.id === id) return each.node;
  return null;
}
