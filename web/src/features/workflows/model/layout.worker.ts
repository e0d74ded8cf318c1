// Tidies a graph beside the page, so that the page never stands still.
import { graphlib, layout } from "@dagrejs/dagre";
import type { TidyAnswer, TidyRequest } from "@/features/workflows/model/tidy";

/** Places nodes in columns by their edges; the answer has their upper left corners. */
export function tidied({ nodes, edges }: TidyRequest): TidyAnswer {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 72 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  edges.forEach(([source, target], at) => graph.setEdge(source, target, {}, String(at)));
  layout(graph);
  return Object.fromEntries(
    nodes.map(({ id, width, height }) => {
      const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
      return [id, [Math.round(x - width / 2), Math.round(y - height / 2)] as const];
    }),
  );
}

if (typeof self !== "undefined" && typeof (self as { document?: unknown }).document === "undefined") {
  self.onmessage = (event: MessageEvent<TidyRequest>) => self.postMessage(tidied(event.data));
}
