import { describe, expect, it } from "vitest";
import { edgeKey, fromDocument } from "@/features/workflows/model/flow";
import { generatedFlow } from "@/features/workflows/model/generated";
import { copied, pasted } from "@/features/workflows/model/paste";
import { dataToYaml, readYaml } from "@/features/workflows/model/yaml";

const FLOW = fromDocument({
  id: "f",
  nodes: { start: { type: "start" }, a: { type: "transform", expression: "start.output" }, b: { type: "llm", prompt: "{{ a.output }} and {{ start.output }}" } },
  edges: ["start -> a", "a -> b"],
  layout: { start: [0, 0], a: [280, 0], b: [560, 0] },
});

describe("copy and paste", () => {
  it("goes through text, under ids of its own, and reads its own copies", () => {
    const text = dataToYaml(copied(FLOW, [], ["a", "b"]) ?? {});
    const made = pasted(FLOW, [], readYaml(text).data);
    expect(made?.ids).toEqual(["a_2", "b_2"]);
    expect(made?.flow.graph.nodes.b_2?.config.prompt).toBe("{{ a_2.output }} and {{ start.output }}");
    expect(made?.flow.graph.edges.map(edgeKey).slice(2)).toEqual(["a_2->b_2->"]);
    expect(made?.flow.layout.a_2).toEqual([320, 40]);
  });

  it("takes a whole flow, nodes alone, or one node", () => {
    expect(pasted(FLOW, [], { id: "other", name: "x", inputs: { i: "string" }, nodes: { z: { type: "wait" } } })?.ids).toEqual(["z"]);
    expect(pasted(FLOW, [], { z: { type: "wait", seconds: 1 }, y: { type: "end" } })?.ids).toEqual(["z", "y"]);
    expect(pasted(FLOW, [], { type: "wait", seconds: 1 })?.flow.graph.nodes.wait?.config).toEqual({ seconds: 1 });
  });

  it("leaves everything else alone", () => {
    for (const text of ["just words", "3", "[1]", "a: b", "nodes: {a: 1}"]) expect(pasted(FLOW, [], readYaml(text).data), text).toBeNull();
  });

  it("never takes an id twice, for any flow into any other", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const [from, to] = [generatedFlow(seed), generatedFlow(seed + 1)];
      const part = copied(from, [], Object.keys(from.graph.nodes));
      const made = pasted(to, [], part);
      expect(Object.keys(made?.flow.graph.nodes ?? {}), `seed ${seed}`).toHaveLength(Object.keys(from.graph.nodes).length + Object.keys(to.graph.nodes).length);
      expect(made?.flow.graph.edges).toHaveLength(from.graph.edges.length + to.graph.edges.length);
    }
  });
});
