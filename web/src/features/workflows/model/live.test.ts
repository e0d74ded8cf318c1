import { describe, expect, it } from "vitest";
import { fromDocument } from "@/features/workflows/model/flow";
import { after, begun, type Happened, idOf } from "@/features/workflows/model/live";
import { neighbour, outline } from "@/features/workflows/model/outline";
import { byField, byNode, errorsIn } from "@/features/workflows/model/problems";
import { variablesFor } from "@/features/workflows/model/scope";
import { slugOf } from "@/features/workflows/model/templates";
import { tidied } from "@/features/workflows/model/layout.worker";
import { tidyRequest } from "@/features/workflows/model/tidy";

const event = (seq: number, type: string, data: Record<string, unknown> = {}): Happened => ({ seq, type, data });

describe("a run", () => {
  it("tells where each node stands, and how often the inner ones ended", () => {
    const run = [
      event(1, "run.started", { inputs: { n: 2 }, definition: { workflow_id: "w", version: 3 } }),
      event(3, "node.completed", { node: "start", output: { n: 2 } }),
      event(4, "node.started", { node: "each" }),
      event(5, "node.completed", { node: "each/0/x", output: 1 }),
      event(6, "node.completed", { node: "each/1/x", output: 2 }),
      event(7, "message.delta", { node: "draft", text: "Hel" }),
      event(7, "message.delta", { node: "draft", text: "lo" }),
      event(8, "node.completed", { node: "draft", output: "Hello", label: "yes" }),
      event(9, "human.requested", { node: "ask", question: "ok?" }),
      event(9, "human.requested", { node: "again", question: "seen before" }),
      event(10, "run.waiting_human"),
    ].reduce(after, begun("r"));
    expect([run.status, run.seq, run.version, run.workflowId, run.inputs]).toEqual(["WAITING_HUMAN", 10, 3, "w", { n: 2 }]);
    expect(run.nodes.each).toMatchObject({ standing: "running", from: 4, to: null });
    expect(run.nodes.x).toMatchObject({ standing: "completed", output: 2, times: 2, path: "each/1/x", from: 6, to: 6 });
    expect(run.nodes.draft).toMatchObject({ output: "Hello", label: "yes" });
    expect(run.writing).toEqual({});
    expect(run.nodes.ask?.standing).toBe("waiting");
    expect(run.nodes.again).toBeUndefined();
  });

  it("leaves nothing under way at its end", () => {
    const run = [event(1, "node.started", { node: "a" }), event(2, "node.failed", { node: "b", error: { message: "No." } }), event(3, "run.failed", { error: { message: "b failed" } })].reduce(after, begun("r"));
    expect(Object.keys(run.nodes)).toEqual(["b"]);
    expect([run.status, run.error, run.nodes.b?.error]).toEqual(["FAILED", "b failed", "No."]);
  });

  it("takes the id out of a path", () => {
    expect(["a", "each/2/x", "o/1/i/0/x", ""].map(idOf)).toEqual(["a", "x", "x", ""]);
  });
});

const FLOW = fromDocument({
  id: "f",
  inputs: { ticket: { type: "string" } },
  nodes: {
    start: { type: "start" },
    read: { type: "extract", schema: {}, output: { type: "object", properties: { title: { type: "string" } } } },
    each: { type: "iterate", items: "[]", nodes: { one: { type: "wait" }, two: { type: "assign", set: { total: 1 } } }, edges: ["one -> two"] },
    beside: { type: "wait" },
    end: { type: "end" },
  },
  edges: ["start -> read -> each -> end", "start -> beside", "beside -> end"],
});

describe("what a node can read", () => {
  const known = { schemaOf: () => ({}), inputs: { ticket: "T-1" }, outputs: { read: { title: "Hi", body: 1 } } };

  it("is what leads to it, nearest first, with what it came to", () => {
    const found = variablesFor(FLOW, [], "each", known);
    expect(found.map((each) => each.path)).toEqual(["read.output", "read.output.title", "read.output.body", "start.output", "inputs.ticket", "vars.total"]);
    expect(found.find((each) => each.path === "read.output.title")?.value).toBe("Hi");
    expect(found.find((each) => each.path === "inputs.ticket")).toEqual({ path: "inputs.ticket", value: "T-1", type: "string" });
  });

  it("includes, in a body, what the node around it gives and can read", () => {
    const found = variablesFor(FLOW, ["each"], "two", known).map((each) => each.path);
    expect(found.slice(0, 3)).toEqual(["one.output", "item", "index"]);
    expect(found).toContain("read.output");
    expect(found).not.toContain("beside.output");
  });
});

it("lists a flow from start to end, bodies below their node", () => {
  expect(outline(FLOW.graph).map(({ id, place }) => `${place.length}${id}`)).toEqual(["0start", "0read", "0beside", "0each", "1one", "1two", "0end"]);
  expect([neighbour(FLOW.graph, "read", "after"), neighbour(FLOW.graph, "read", "before"), neighbour(FLOW.graph, "read", "down"), neighbour(FLOW.graph, "read", "up"), neighbour(FLOW.graph, "end", "after")]).toEqual(["each", "start", "beside", null, null]);
});

it("finds problems by node and field", () => {
  const problem = (node: string, field: string, severity: string) => ({ node, field, severity, code: "c", message: `${field}!`, line: null, column: null });
  const problems = [problem("each/one", "nodes.each.nodes.one.seconds", "error"), problem("", "id", "warning"), problem("read", "nodes.read", "error")];
  expect(byNode(problems).one).toHaveLength(1);
  expect(byField(problems, "one")).toEqual({ seconds: "nodes.each.nodes.one.seconds!" });
  expect(errorsIn(problems)).toBe(2);
});

it("makes ids of names", () => {
  expect(["Ticket Triage!", "Café à la carte", "日本", ""].map((name) => slugOf(name, new Set(["flow"])))).toEqual(["ticket-triage", "cafe-a-la-carte", "flow-2", "flow-2"]);
});

it("tidies so that no two nodes overlap and every edge leads to the right", () => {
  const request = tidyRequest(FLOW.graph);
  const at = tidied(request);
  for (const [source, target] of request.edges) expect(at[source]?.[0]).toBeLessThan(at[target]?.[0] ?? 0);
  const spots = Object.values(at);
  for (const [one, a] of spots.entries()) for (const b of spots.slice(one + 1)) expect(Math.abs(a[0] - b[0]) >= 208 || Math.abs(a[1] - b[1]) >= 64).toBe(true);
});
