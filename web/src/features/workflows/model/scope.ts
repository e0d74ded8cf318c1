// What a node may read: the run's inputs, variables, and the outputs of the nodes before it. Pure.
import { isObject } from "@/api/errors";
import { everyNode, type Flow, type Graph, graphAt, type FlowNode } from "@/features/workflows/model/flow";

export interface Variable {
  /** As it is written in an expression. */
  readonly path: string;
  /** What it was in the last run; undefined where that is not known. */
  readonly value: unknown;
  /** The type that its schema says. */
  readonly type: string;
}

export interface Known {
  /** JSON Schema of a node type's output. */
  schemaOf: (type: string) => Record<string, unknown>;
  inputs: Readonly<Record<string, unknown>>;
  /** Last outputs by node id. */
  outputs: Readonly<Record<string, unknown>>;
}

/** Everything that the node can read, what is nearest first. */
export function variablesFor(flow: Flow, place: readonly string[], id: string, known: Known): Variable[] {
  const found: Variable[] = [];
  const seen = new Set<string>();
  if (graphAt(flow, place)?.nodes[id]?.type === "list") found.push(variable("item", undefined, ""));
  let inner = id;
  for (let depth = place.length; depth >= 0; depth -= 1) {
    const graph = graphAt(flow, place.slice(0, depth));
    if (!graph) continue;
    for (const before of ancestors(graph, inner)) {
      if (seen.has(before)) continue;
      seen.add(before);
      found.push(...outputs(before, graph.nodes[before], known));
    }
    inner = place[depth - 1] ?? "";
    if (inner) found.push(...given(graphAt(flow, place.slice(0, depth - 1))?.nodes[inner]));
  }
  found.push(...Object.entries(flow.inputs).map(([name, each]) => variable(`inputs.${name}`, known.inputs[name], typeOf(each))));
  found.push(...assigned(flow).map((name) => variable(`vars.${name}`, undefined, "")));
  return found;
}

function outputs(id: string, node: FlowNode | undefined, known: Known): Variable[] {
  if (!node) return [];
  const value = known.outputs[id];
  const own = isObject(node.config.output) ? node.config.output : known.schemaOf(node.type);
  const fields = new Set([...Object.keys(isObject(own.properties) ? own.properties : {}), ...(isObject(value) ? Object.keys(value) : [])]);
  const whole = variable(`${id}.output`, value, typeof own.type === "string" ? own.type : "");
  const parts = [...fields].slice(0, 12).filter((name) => /^\w+$/.test(name)).map((name) => variable(`${id}.output.${name}`, isObject(value) ? value[name] : undefined, ""));
  return [whole, ...parts];
}

function given(node: FlowNode | undefined): Variable[] {
  if (node?.type === "iterate") return [variable("item", undefined, ""), variable("index", undefined, "integer")];
  if (node?.type === "loop") return [variable("index", undefined, "integer"), variable("last", undefined, "")];
  return [];
}

function assigned(flow: Flow): string[] {
  const names = [...everyNode(flow.graph)]
    .filter(({ node }) => node.type === "assign")
    .flatMap(({ node }) => [node.config.set, node.config.append].flatMap((each) => (isObject(each) ? Object.keys(each) : [])));
  return [...new Set(names)];
}

function variable(path: string, value: unknown, type: string): Variable {
  return { path, value, type };
}

function typeOf(input: unknown): string {
  if (typeof input === "string") return input;
  return isObject(input) && typeof input.type === "string" ? input.type : "";
}

/** The nodes that lead to one, the nearest first. */
export function ancestors(graph: Graph, id: string): string[] {
  const found: string[] = [];
  const seen = new Set([id]);
  let edge: string[] = [id];
  while (edge.length > 0) {
    const before = graph.edges.filter((each) => edge.includes(each.target) && graph.nodes[each.source]).map((each) => each.source);
    edge = [...new Set(before)].filter((each) => !seen.has(each));
    for (const each of edge) seen.add(each);
    found.push(...edge);
  }
  return found;
}
