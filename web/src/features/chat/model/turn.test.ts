import { describe, expect, it } from "vitest";
import type { RunEvent } from "@/api/stream";
import { FRESH, heard, type Turn } from "@/features/chat/model/turn";

function event(type: string, data: Record<string, unknown> = {}): RunEvent {
  return { id: null, type, data: { run_id: "r1", ...data } };
}

function fold(...events: RunEvent[]): Turn {
  return events.reduce(heard, FRESH);
}

describe("a turn", () => {
  it("adds up the text of one attempt and forgets what was said before a restart", () => {
    const turn = fold(
      event("message.delta", { text: "Hel", attempt: 1 }),
      event("message.delta", { text: "lo", attempt: 1 }),
      event("message.restarted", { attempt: 2 }),
      event("message.delta", { text: "Good ", attempt: 2 }),
      event("message.delta", { text: "day", attempt: 2 }),
    );
    expect(turn.text).toBe("Good day");
  });

  it("drops an unfinished attempt even where the word of its restart was lost", () => {
    const turn = fold(
      event("message.delta", { text: "Hel", attempt: 1 }),
      event("message.delta", { text: "Again", attempt: 2 }),
    );
    expect(turn.text).toBe("Again");
  });

  it("keeps a tool's call until its result, in the order of the calls", () => {
    const turn = fold(
      event("tool.requested", { call_id: "a", name: "search", arguments: "{}" }),
      event("tool.requested", { call_id: "b", name: "send", arguments: "{}" }),
      event("tool.failed", { call_id: "b", error: { code: "tool_failed", message: "No post today." } }),
      event("tool.completed", { call_id: "a", content: "", passages: [{}, {}] }),
    );
    expect(turn.tools.map((tool) => [tool.name, tool.state, tool.passages, tool.result])).toEqual([
      ["search", "done", 2, ""],
      ["send", "failed", null, "No post today."],
    ]);
  });

  it("asks until it is answered", () => {
    const asked = fold(
      event("human.requested", { request_id: "q", question: "Send it?", options: ["approve", "reject"] }),
      event("run.waiting_human"),
    );
    expect(asked.status).toBe("waiting");
    expect(asked.question?.options).toEqual(["approve", "reject"]);
    expect(heard(asked, event("human.answered", { request_id: "q", answer: "approve" })).question).toBeNull();
  });

  it("ends with what the journal says, whatever was heard", () => {
    const citation = { marker: 1, document: { id: "d", name: "a.md" } };
    const turn = fold(
      event("message.delta", { text: "half", attempt: 1 }),
      event("run.completed", { outputs: { message: { content: "whole [1]", citations: [citation] } } }),
    );
    expect(turn).toMatchObject({ status: "completed", text: "whole [1]", citations: [citation] });
  });

  it("keeps the text of a turn that failed, with the reason", () => {
    const turn = fold(
      event("message.delta", { text: "half", attempt: 1 }),
      event("run.failed", { error: { code: "provider_timeout", message: "It took too long." } }),
    );
    expect(turn).toMatchObject({ status: "failed", text: "half", error: { code: "provider_timeout" } });
  });
});
