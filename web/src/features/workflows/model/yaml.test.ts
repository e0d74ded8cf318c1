import { expect, it } from "vitest";
import { generatedFlow } from "@/features/workflows/model/generated";
import { fromYaml, lineOf, nodeLines, readYaml, toYaml } from "@/features/workflows/model/yaml";

it("loses nothing on the way to YAML and back, for any flow", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const flow = generatedFlow(seed);
    const text = toYaml(flow);
    expect(fromYaml(text), `seed ${seed}\n${text}`).toEqual({ flow, problem: null });
    expect(toYaml(fromYaml(text).flow ?? flow)).toBe(text);
  }
});

it("uses none of what a flow file may not hold", () => {
  const again = { deep: ["a"] };
  const flow = { ...generatedFlow(3), inputs: { one: again, other: again } };
  expect(toYaml(flow)).not.toMatch(/[&*]a1/);
});

const TEXT = `liteagent: 1
id: lines
nodes:
  start: {type: start}
  each:
    type: loop
    max: 2
    nodes:
      inner: {type: wait, seconds: 1}
edges:
  - start -> each
`;

it("tells in which line a field stands", () => {
  expect(["nodes.start.type", "nodes.each.max", "nodes.each.nodes.inner.seconds", "edges", "nodes.gone"].map((field) => lineOf(TEXT, field))).toEqual([4, 7, 9, 10, 3]);
});

it("tells where nodes stand", () => {
  expect(nodeLines(TEXT)).toEqual([
    { id: "start", place: [], from: 4, to: 4 },
    { id: "each", place: [], from: 5, to: 9 },
    { id: "inner", place: ["each"], from: 9, to: 9 },
  ]);
});

it.each([
  ["nodes: [", 1],
  ["id: x\nid: y\n", 2],
  ["id: x\nnodes:\n  a: 1\n", 3],
])("tells the line of what is wrong in %j", (text, line) => {
  expect(fromYaml(text).problem?.line).toBe(line);
});

it("reads yes and no as texts", () => {
  expect(readYaml("a: yes\nb: no\nc: 2030-01-31\n").data).toEqual({ a: "yes", b: "no", c: "2030-01-31" });
});
