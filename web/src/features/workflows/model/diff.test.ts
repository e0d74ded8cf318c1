import { describe, expect, it } from "vitest";
import { difference, overlaid, same } from "@/features/workflows/model/diff";
import { fromDocument } from "@/features/workflows/model/flow";
import { generatedFlow } from "@/features/workflows/model/generated";
import { grouped } from "@/features/workflows/model/versions";

const BEFORE = fromDocument({ id: "f", nodes: { start: { type: "start" }, a: { type: "llm", prompt: "x" }, gone: { type: "wait" } }, edges: ["start -> a", "a -> gone"], layout: { gone: [9, 9] } });
const AFTER = fromDocument({ id: "f", name: "New", nodes: { start: { type: "start" }, a: { type: "llm", prompt: "y", temperature: 0 }, fresh: { type: "end" } }, edges: ["start -> a", { "a -> fresh": "error" }] });

describe("differences", () => {
  it("names nodes, their fields, edges and sections", () => {
    expect(difference(BEFORE, AFTER)).toEqual({
      nodes: { gone: "removed", a: "changed", fresh: "added" },
      fields: { a: ["prompt", "temperature"] },
      edges: { "a->gone->": "removed", "a->fresh->error": "added" },
      sections: ["name", "layout"],
    });
  });

  it("finds none between a flow and itself, and swaps when turned around, for any flow", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const [one, other] = [generatedFlow(seed), generatedFlow(seed + 1)];
      expect(difference(one, structuredClone(one))).toEqual({ nodes: {}, fields: {}, edges: {}, sections: [] });
      const [there, back] = [difference(one, other), difference(other, one)];
      const count = (found: typeof there, change: string): number => Object.values(found.nodes).filter((each) => each === change).length;
      expect([count(there, "added"), count(there, "changed")]).toEqual([count(back, "removed"), count(back, "changed")]);
    }
  });

  it("shows what is gone beside what is there", () => {
    const both = overlaid(BEFORE, AFTER);
    expect(Object.keys(both.graph.nodes)).toEqual(["start", "a", "fresh", "gone"]);
    expect(both.graph.edges).toHaveLength(3);
    expect(both.layout.gone).toEqual([9, 9]);
  });

  it("does not mind the order of keys, and minds that of lists", () => {
    expect([same({ a: 1, b: [1] }, { b: [1], a: 1 }), same([1, 2], [2, 1]), same({ a: undefined }, {}), same(null, {}), same([], {})]).toEqual([true, false, false, false, false]);
  });
});

it("groups versions by one go of work, and a published one begins a group", () => {
  const at = (version: number, minute: number, published = false) => ({ version, published, created_by: "ada", created_at: `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z` });
  const groups = grouped([at(6, 30), at(5, 29), at(4, 28, true), at(3, 27), at(2, 10), { ...at(1, 9), created_by: "bob" }]);
  expect(groups.map((group) => group.map((each) => each.version))).toEqual([[6, 5], [4, 3], [2], [1]]);
});
