// Asks the layout worker for the places of a graph's nodes.
import type { Graph, Point } from "@/features/workflows/model/flow";
import { waysOut } from "@/features/workflows/model/outcomes";
import { heightOf, NODE_WIDTH } from "@/features/workflows/model/placement";

export interface TidyRequest {
  nodes: { id: string; width: number; height: number }[];
  edges: [string, string][];
}

export type TidyAnswer = Record<string, Point>;

/** What the worker is told of a graph. */
export function tidyRequest(graph: Graph): TidyRequest {
  return {
    nodes: Object.entries(graph.nodes).map(([id, node]) => ({ id, width: NODE_WIDTH, height: heightOf(waysOut(id, node, graph.edges).length) })),
    edges: graph.edges.filter((edge) => graph.nodes[edge.source] && graph.nodes[edge.target]).map((edge) => [edge.source, edge.target]),
  };
}

/** Tidy places for the nodes of a graph. */
export function tidy(graph: Graph): Promise<TidyAnswer> {
  const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  return new Promise<TidyAnswer>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<TidyAnswer>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message || "layout"));
    worker.postMessage(tidyRequest(graph));
  }).finally(() => worker.terminate());
}
