// Flows made at random from a number, for tests that must hold for every flow.
import type { Edge, Flow, FlowNode, Graph, Point } from "@/features/workflows/model/flow";

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomly(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const TEXTS = ["", "yes", "no", "on", "true", "null", "~", "1", "0x1F", "1e3", "2030-01-31", "a: b", "# no comment", "- item", "{{ a.output }}", " spaced ", "two\nlines", "ends\n", "trailing \nspace", "\ttab", "'quoted'", '"double"', "a -> b", "ünïcode 🙂", "*alias", "&anchor", "!tag", "%", "@at", "`tick`", "[1, 2]", "{x: 1}", "|", ">", "?", ": ", "…".repeat(90)];

/** A flow of some nodes, with bodies in some of them. */
export function generatedFlow(seed: number): Flow {
  const random = randomly(seed);
  const layout: Record<string, Point> = {};
  let count = 0;
  const value = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 2 ? 4 : 6));
    if (kind === 0) return Math.round(random() * 2000 - 1000) / 8;
    if (kind === 1) return random() < 0.5;
    if (kind === 2) return null;
    if (kind === 3) return TEXTS[Math.floor(random() * TEXTS.length)] ?? "";
    if (kind === 4) return Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1));
    return Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, (_, at) => [`${TEXTS[Math.floor(random() * TEXTS.length)]}${at}`, value(depth + 1)]));
  };
  const graph = (depth: number): Graph => {
    const ids = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
      count += 1;
      return `n${count}`;
    });
    const nodes = ids.map((id): [string, FlowNode] => {
      if (random() < 0.6) layout[id] = [Math.round(random() * 900), Math.round(random() * 900)];
      const loops = depth < 2 && random() < 0.25;
      const config = Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, (_, at) => [`field${at}`, value(0)]));
      return [id, { type: loops ? "loop" : "transform", config, body: loops ? graph(depth + 1) : null }];
    });
    const edges = ids.slice(1).map((target, at): Edge => ({ source: ids[Math.floor(random() * (at + 1))] ?? "", target, label: random() < 0.3 ? (TEXTS[1 + Math.floor(random() * 6)] ?? null) : null }));
    return { nodes: Object.fromEntries(nodes), edges };
  };
  return {
    id: `flow-${seed}`,
    name: TEXTS[seed % TEXTS.length] ?? "",
    description: TEXTS[(seed * 7) % TEXTS.length] ?? "",
    inputs: random() < 0.5 ? { ticket: { type: "string", required: true } } : {},
    limits: random() < 0.2 ? { steps: 10 } : {},
    graph: graph(0),
    layout,
    rest: {},
  };
}
