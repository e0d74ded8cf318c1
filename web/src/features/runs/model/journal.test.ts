import { describe, expect, it } from "vitest";
import { changes } from "@/features/runs/model/difference";
import { type JournalEvent, spansOf, statesOf, statusAfter } from "@/features/runs/model/journal";

const T0 = Date.parse("2026-01-01T00:00:00Z");

function event(seq: number, type: string, data: Record<string, unknown> = {}, ref: number | null = null): JournalEvent {
  return { seq, type, at: new Date(T0 + seq * 1000).toISOString(), ref, data };
}

const FLOW = [
  event(1, "run.started", { inputs: { amount: 120 } }),
  event(2, "run.claimed", { owner: "w", epoch: 1 }),
  event(3, "node.completed", { node: "start", output: { amount: 120 } }),
  event(4, "node.requested", { node: "ask", safety: "safe" }),
  event(5, "node.completed", { node: "ask", output: "yes", label: "yes", usage: { input: 3, output: 2, unit: "tokens" } }, 4),
  event(6, "human.requested", { node: "approve", request_id: "approve", question: "Sure?" }),
  event(7, "run.waiting_human", {}),
  event(8, "human.answered", { request_id: "approve", answer: "yes" }),
  event(9, "run.claimed", { owner: "w", epoch: 2 }),
  event(10, "run.completed", { outputs: { result: "done" } }),
];

describe("the state of a run", () => {
  it("is known after each event", () => {
    const states = statesOf(FLOW);
    expect(states.map((state) => state.status)).toEqual([
      "PENDING", "PENDING", "RUNNING", "RUNNING", "RUNNING", "RUNNING", "RUNNING", "WAITING_HUMAN", "PENDING", "RUNNING", "COMPLETED",
    ]);
    expect(states[4]?.nodes.ask?.status).toBe("running");
    expect(states[5]?.nodes.ask).toEqual({ status: "completed", output: "yes", label: "yes", error: null });
    expect(states[5]?.usage).toEqual({ input: 3, output: 2 });
    expect(states[7]?.questions).toEqual(["approve"]);
    expect(states[8]?.questions).toEqual([]);
    expect(states[10]?.outputs).toEqual({ result: "done" });
  });

  it("is not lifted from a pause by an answer", () => {
    expect(statusAfter("PAUSED", "human.answered")).toBe("PAUSED");
    expect(statusAfter("RUNNING", "run.resumed")).toBe("RUNNING");
  });
});

describe("the stretches of a run", () => {
  it("go from request to result and from question to answer", () => {
    const spans = spansOf(FLOW).map((span) => [span.kind, span.name, span.start - T0, span.end && span.end - T0]);
    expect(spans).toEqual([
      ["node", "start", 3000, 3000],
      ["node", "ask", 4000, 5000],
      ["human", "approve", 6000, 8000],
    ]);
  });

  it("stay open while their result is not there", () => {
    expect(spansOf(FLOW.slice(0, 4)).at(-1)).toMatchObject({ name: "ask", end: null });
  });
});

describe("the difference of two states", () => {
  it("names each leaf that changed, came or went", () => {
    const before = { a: 1, b: { c: [1, 2] }, gone: true };
    const after = { a: 1, b: { c: [1, 3, 4] }, come: null };
    expect(changes(before, after)).toEqual([
      { path: "b.c.1", before: 2, after: 3 },
      { path: "b.c.2", before: undefined, after: 4 },
      { path: "gone", before: true, after: undefined },
      { path: "come", before: undefined, after: null },
    ]);
  });
});
