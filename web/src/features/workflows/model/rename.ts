// What a node's new id changes in the rest of a flow: edges, and every expression that reads it.
import { isObject } from "@/api/errors";
import type { Edge, FlowNode, Graph } from "@/features/workflows/model/flow";

/** Fields that are an expression as a whole; in all others expressions stand in `{{ }}`. */
export const EXPRESSIONS: ReadonlySet<string> = new Set(["when", "while", "until", "expression", "where", "map", "sort_by", "items", "cases", "seconds"]);

/** The graph in which the node `from`, of any level, is called `to`. */
export function renamedIn(graph: Graph, from: string, to: string): Graph {
  const name = (id: string): string => (id === from ? to : id);
  const nodes = Object.entries(graph.nodes).map(([id, node]): [string, FlowNode] => [
    name(id),
    { type: node.type, config: reread(node, from, to), body: node.body && renamedIn(node.body, from, to) },
  ]);
  const edges = graph.edges.map((edge): Edge => ({ ...edge, source: name(edge.source), target: name(edge.target) }));
  return { nodes: Object.fromEntries(nodes), edges };
}

function reread(node: FlowNode, from: string, to: string): FlowNode["config"] {
  const read = new RegExp(`(?<![\\w.'"])${from}(?=\\s*\\.)`, "g");
  const expression = (text: string): string => text.replace(read, to);
  const template = (text: string): string => text.replace(/\{\{[\s\S]*?\}\}/g, expression);
  return Object.fromEntries(
    Object.entries(node.config).map(([field, value]) => {
      if (node.type === "aggregate" && field === "from") return [field, texts(value, (text) => (text === from ? to : text))];
      return [field, texts(value, EXPRESSIONS.has(field) ? expression : template)];
    }),
  );
}

/** A value with every text in it changed. */
export function texts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => texts(each, change));
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, texts(each, change)]));
  return value;
}
