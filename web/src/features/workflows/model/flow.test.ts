import { describe, expect, it } from "vitest";
import { edgeData, everyNode, fromDocument, graphAt, placeOf, ShapeError, toDocument, withGraph } from "@/features/workflows/model/flow";
import { generatedFlow } from "@/features/workflows/model/generated";

const TRIAGE = {
  liteagent: 1,
  id: "triage",
  nodes: { start: { type: "start" }, check: { type: "condition", when: "true" }, each: { type: "loop", max: 2, nodes: { a: { type: "wait" }, b: { type: "wait" } }, edges: ["a -> b"] }, end: { type: "end" } },
  edges: ["start -> check -> each", { "check -> end": true }, { "each -> end": "error" }],
  layout: { start: [0, 1.5] },
};

describe("documents", () => {
  it("take chains of edges apart, and the label stands at the last", () => {
    const flow = fromDocument({ ...TRIAGE, edges: [{ "start -> check -> each": false }] });
    expect(flow.graph.edges).toEqual([
      { source: "start", target: "check", label: null },
      { source: "check", target: "each", label: "false" },
    ]);
  });

  it("come back as they were", () => {
    expect(toDocument(fromDocument(TRIAGE))).toEqual({ ...TRIAGE, edges: ["start -> check", "check -> each", { "check -> end": true }, { "each -> end": "error" }] });
  });

  it("keep sections that no flow has, for the server to name", () => {
    expect(toDocument(fromDocument({ ...TRIAGE, extra: 1 }))).toHaveProperty("extra", 1);
  });

  it.each([
    [3, ""],
    [{ id: "x", nodes: [] }, "nodes"],
    [{ id: "x", nodes: { a: 1 } }, "nodes.a"],
    [{ id: "x", nodes: { a: { type: "loop", nodes: { b: {} } } } }, "nodes.a.nodes.b"],
    [{ id: "x", edges: ["a"] }, "edges.0"],
    [{ id: "x", edges: [{ "a -> b": 1, "b -> c": 2 }] }, "edges.0"],
    [{ id: "x", layout: { a: [1] } }, "layout.a"],
  ])("of another shape are refused: %j", (document, field) => {
    expect(() => fromDocument(document)).toThrow(new ShapeError(field));
  });

  it("hold for any flow", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const flow = generatedFlow(seed);
      expect(fromDocument(JSON.parse(JSON.stringify(toDocument(flow)))), `seed ${seed}`).toEqual(flow);
    }
  });
});

describe("levels", () => {
  const flow = fromDocument(TRIAGE);

  it("are found by the nodes that they stand in", () => {
    expect(Object.keys(graphAt(flow, ["each"])?.nodes ?? {})).toEqual(["a", "b"]);
    expect(graphAt(flow, ["start"])).toBeNull();
    expect(placeOf(flow, "b")).toEqual(["each"]);
    expect([...everyNode(flow.graph)].map(({ id }) => id)).toEqual(["start", "check", "each", "a", "b", "end"]);
  });

  it("can be replaced without touching the rest", () => {
    const next = withGraph(flow, ["each"], { nodes: {}, edges: [] });
    expect(next.graph.nodes.each?.body).toEqual({ nodes: {}, edges: [] });
    expect(next.graph.nodes.start).toBe(flow.graph.nodes.start);
    expect(flow.graph.nodes.each?.body?.edges).toHaveLength(1);
  });
});

it("writes true and false as such", () => {
  expect([edgeData({ source: "a", target: "b", label: "true" }), edgeData({ source: "a", target: "b", label: "yes" })]).toEqual([{ "a -> b": true }, { "a -> b": "yes" }]);
});
