import { describe, expect, it } from "vitest";
import { added, moved, removed } from "@/features/workflows/model/edit";
import { fromDocument, type Flow } from "@/features/workflows/model/flow";
import { generatedFlow, randomly } from "@/features/workflows/model/generated";
import { committed, type History, NO_HISTORY, redone, undone } from "@/features/workflows/model/history";

const EMPTY = fromDocument({ id: "x", nodes: { start: { type: "start" } } });
const named = (name: string): Flow => ({ ...EMPTY, name });

describe("history", () => {
  it("takes changes back and does them again, each under its label", () => {
    let history: History = committed(NO_HISTORY, named("a"), { verb: "move", name: "one" }, 0);
    history = committed(history, named("b"), { verb: "edit", name: "two" }, 1);
    const back = undone(history, named("c"));
    expect([back?.flow.name, back?.label.name]).toEqual(["b", "two"]);
    const further = undone(back?.history ?? NO_HISTORY, back?.flow ?? EMPTY);
    expect([further?.flow.name, further?.label.name]).toEqual(["a", "one"]);
    const forth = redone(further?.history ?? NO_HISTORY, further?.flow ?? EMPTY);
    expect([forth?.flow.name, forth?.label.name]).toEqual(["b", "one"]);
    expect(redone(forth?.history ?? NO_HISTORY, forth?.flow ?? EMPTY)?.flow.name).toBe("c");
  });

  it("makes one step of what is typed in one go, and another after a pause", () => {
    let history = committed(NO_HISTORY, named(""), { verb: "settings", name: "name" }, 0, "name");
    history = committed(history, named("a"), { verb: "settings", name: "name" }, 500, "name");
    history = committed(history, named("ab"), { verb: "settings", name: "name" }, 1900, "name");
    expect(history.past).toHaveLength(1);
    history = committed(history, named("abc"), { verb: "settings", name: "name" }, 9000, "name");
    history = committed(history, named("abcd"), { verb: "settings", name: "id" }, 9001, "id");
    expect(history.past.map((step) => step.flow.name)).toEqual(["", "abc", "abcd"]);
  });

  it("keeps the last 200 steps, and nothing to redo after a change", () => {
    let history = NO_HISTORY;
    for (let step = 0; step < 250; step += 1) history = committed(history, named(String(step)), { verb: "edit", name: "" }, step);
    expect([history.past.length, history.past[0]?.flow.name]).toEqual([200, "50"]);
    const back = undone(history, named("now"))?.history ?? NO_HISTORY;
    expect(back.future).toHaveLength(1);
    expect(committed(back, named("x"), { verb: "edit", name: "" }, 0).future).toEqual([]);
    expect([undone(NO_HISTORY, EMPTY), redone(NO_HISTORY, EMPTY)]).toEqual([null, null]);
  });

  it("leads back to the very flow, after any changes", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = randomly(seed);
      const first = generatedFlow(seed);
      let [flow, history] = [first, NO_HISTORY];
      const seen = [first];
      for (let step = 0; step < 20; step += 1) {
        const ids = Object.keys(flow.graph.nodes);
        const id = ids[Math.floor(random() * ids.length)] ?? "";
        const next = random() < 0.4 ? added(flow, [], "wait", {}, { after: id || null }).flow : random() < 0.5 ? removed(flow, [], [id]) : moved(flow, [], { [id]: [step, step] });
        history = committed(history, flow, { verb: "edit", name: id }, step * 10_000);
        flow = next;
        seen.push(flow);
      }
      for (let step = 20; step > 0; step -= 1) {
        const back = undone(history, flow);
        expect(back?.flow).toBe(seen[step - 1]);
        [flow, history] = [back?.flow ?? flow, back?.history ?? history];
      }
      expect(flow).toBe(first);
    }
  });
});
