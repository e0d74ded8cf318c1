import { describe, expect, it } from "vitest";
import { added, connected, disconnected, freeId, inserted, isFreeName, moved, positions, relabelled, removed, renamed } from "@/features/workflows/model/edit";
import { elementsOf } from "@/features/workflows/model/elements";
import { edgeKey, fromDocument, graphAt, toDocument } from "@/features/workflows/model/flow";
import { generatedFlow } from "@/features/workflows/model/generated";
import { outcomesOf, waysOut } from "@/features/workflows/model/outcomes";
import { layered, ordered } from "@/features/workflows/model/placement";

const FLOW = fromDocument({
  id: "f",
  nodes: {
    start: { type: "start" },
    check: { type: "condition", when: "start.output.n > 1 and 'check.output' != ''" },
    ask: { type: "human", question: "{{ check.output }} of check.output?", options: ["yes", "no"] },
    each: { type: "iterate", items: "check.output", nodes: { inner: { type: "transform", expression: "item + check.output" } } },
    all: { type: "aggregate", from: ["check", "ask"] },
    end: { type: "end", outputs: { r: "{{ ask.output }}" } },
  },
  edges: ["start -> check", { "check -> ask": true }, { "check -> each": false }, "ask -> all", "each -> all", "all -> end"],
});

const ways = (flow: typeof FLOW): string[] => flow.graph.edges.map(edgeKey);

describe("adding", () => {
  it("joins the new node by the first outcome that has no way yet", () => {
    const first = added(FLOW, [], "wait", {}, { after: "ask" });
    const second = added(first.flow, [], "wait", {}, { after: "ask" });
    const third = added(second.flow, [], "wait", {}, { after: "ask" });
    expect([first.id, second.id, third.id]).toEqual(["wait", "wait_2", "wait_3"]);
    expect(ways(third.flow).slice(-3)).toEqual(["ask->wait->yes", "ask->wait_2->no", "ask->wait_3->"]);
  });

  it("puts it where nothing is, and moves nothing else", () => {
    const before = positions(FLOW, FLOW.graph);
    const { flow, id } = added(FLOW, [], "wait", {}, { after: "check" });
    const { [id]: spot, ...others } = flow.layout;
    expect(others).toEqual(before);
    expect(Object.values(before)).not.toContainEqual(spot);
  });

  it("works inside a body, which a loop brings along", () => {
    const loop = added(FLOW, [], "loop", { max: 2 });
    const inner = added(loop.flow, [loop.id], "wait", {});
    expect(Object.keys(graphAt(inner.flow, [loop.id])?.nodes ?? {})).toEqual(["wait"]);
  });

  it("takes no name that means something else", () => {
    expect([freeId(FLOW, "item"), freeId(FLOW, "inner"), freeId(FLOW, "list")]).toEqual(["item_node", "inner_2", "list"]);
    expect([isFreeName(FLOW, "inner"), isFreeName(FLOW, "2x"), isFreeName(FLOW, "output"), isFreeName(FLOW, "fine_1")]).toEqual([false, false, false, true]);
  });

  it("goes in the middle of an edge, which keeps its label before it", () => {
    const { flow } = inserted(FLOW, [], "check->ask->true", "condition", { when: "true" });
    expect(ways(flow)).toContain("check->condition->true");
    expect(ways(flow)).toContain("condition->ask->true");
    expect(ways(flow)).not.toContain("check->ask->true");
  });
});

describe("edges", () => {
  it("are joined once, never from a node to itself, and never to what is not there", () => {
    const once = connected(FLOW, [], "start", "end");
    expect(ways(once)).toContain("start->end->");
    expect(connected(once, [], "start", "end").graph).toBe(once.graph);
    expect(ways(connected(FLOW, [], "start", "start"))).toEqual(ways(FLOW));
    expect(ways(connected(FLOW, [], "start", "inner"))).toEqual(ways(FLOW));
  });

  it("take another label, or go", () => {
    expect(ways(relabelled(FLOW, [], "check->ask->true", "error"))).toContain("check->ask->error");
    expect(ways(disconnected(FLOW, [], ["all->end->"]))).not.toContain("all->end->");
  });

  it("know the outcomes of their node", () => {
    const node = (type: string, config: Record<string, unknown>): string[] => outcomesOf({ type, config, body: null });
    expect(node("switch", { cases: { big: "x" } })).toEqual(["big", "default"]);
    expect(node("classify", { classes: ["a", "b"] })).toEqual(["a", "b"]);
    expect(node("human", { options: ["ok"], timeout: 5 })).toEqual(["ok", "timeout"]);
    expect(node("llm", {})).toEqual([]);
    expect(waysOut("x", { type: "llm", config: {}, body: null }, [{ source: "x", target: "y", label: "error" }])).toEqual(["error"]);
  });
});

describe("removing", () => {
  it("takes the edges of a node with it, its body, and where they stood", () => {
    const flow = removed(moved(FLOW, [], { each: [1, 2] }), [], ["each"]);
    expect(ways(flow)).toEqual(["start->check->", "check->ask->true", "ask->all->", "all->end->"]);
    expect(flow.layout).not.toHaveProperty("each");
    expect(removed({ ...FLOW, layout: { inner: [1, 1] } }, [], ["each"]).layout).not.toHaveProperty("inner");
  });
});

describe("renaming", () => {
  it("changes edges and expressions, and no text that only looks like one", () => {
    const flow = renamed(FLOW, [], "check", "large");
    expect(ways(flow)).toContain("start->large->");
    expect(flow.graph.nodes.ask?.config.question).toBe("{{ large.output }} of check.output?");
    expect(flow.graph.nodes.large?.config.when).toBe("start.output.n > 1 and 'check.output' != ''");
    expect(flow.graph.nodes.each?.config.items).toBe("large.output");
    expect(flow.graph.nodes.each?.body?.nodes.inner?.config.expression).toBe("item + large.output");
    expect(flow.graph.nodes.all?.config.from).toEqual(["large", "ask"]);
  });

  it("there and back is nothing, for any flow", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const flow = generatedFlow(seed);
      const [id = ""] = Object.keys(flow.graph.nodes);
      const back = renamed(renamed(flow, [], id, "elsewhere"), [], "elsewhere", id);
      expect(toDocument({ ...back, layout: {} }), `seed ${seed}`).toEqual(toDocument({ ...flow, layout: {} }));
    }
  });
});

describe("placing", () => {
  it("puts every node after those that lead to it", () => {
    const columns = layered(FLOW.graph);
    for (const { source, target } of FLOW.graph.edges) expect(columns[source]?.[0]).toBeLessThan(columns[target]?.[0] ?? 0);
    expect(ordered(FLOW.graph)).toHaveLength(6);
    expect(ordered({ nodes: FLOW.graph.nodes, edges: [{ source: "ask", target: "all", label: null }, { source: "all", target: "ask", label: null }] })).toHaveLength(6);
  });

  it("draws again only what has changed", () => {
    const told = (id: string): string => id;
    const first = elementsOf(FLOW, FLOW.graph, new Set(), { nodes: [], edges: [] }, told);
    const next = moved(FLOW, [], { ask: [5, 6] });
    const second = elementsOf(next, next.graph, new Set(["end"]), first, told);
    const same = second.nodes.filter((node) => first.nodes.includes(node)).map((node) => node.id);
    expect(same).toEqual(["start", "check", "each", "all"]);
    expect(second.nodes.find((node) => node.id === "ask")?.position).toEqual({ x: 5, y: 6 });
    expect(second.edges.every((edge) => first.edges.includes(edge))).toBe(true);
  });
});
