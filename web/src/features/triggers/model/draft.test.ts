import { describe, expect, it } from "vitest";
import { bodyOf, curlFor, type Draft, emptyDraft, inputsAreReadable, isComplete } from "@/features/triggers/model/draft";

function draft(changes: Partial<Draft>): Draft {
  return { ...emptyDraft("Europe/Madrid"), name: "Nightly", ...changes };
}

describe("a trigger in the form", () => {
  it("sends what its kind takes and nothing else", () => {
    expect(bodyOf(draft({ target: "workflow:w1", inputs: '{"a": 1}', secret: "x" }))).toEqual({
      name: "Nightly",
      target: { workflow_id: "w1" },
      inputs: { a: 1 },
      overlap: "allow",
      cron: "0 9 * * MON-FRI",
      timezone: "Europe/Madrid",
      catch_up: "once",
      catch_up_limit: 10,
    });
    expect(bodyOf(draft({ kind: "webhook", target: "agent:a1", signature: "github", secret: "s" }))).toEqual({
      name: "Nightly",
      target: { agent_id: "a1" },
      inputs: null,
      overlap: "allow",
      signature: "github",
      secret: "s",
    });
    expect(bodyOf(draft({ kind: "outgoing", url: " https://x.example/ ", watched: ["w1"] }))).toEqual({
      name: "Nightly",
      url: "https://x.example/",
      events: ["run.completed", "run.failed"],
      watched: ["w1"],
    });
  });

  it("is complete once the server has what it needs", () => {
    expect(isComplete(draft({ target: "workflow:w1" }))).toBe(true);
    expect(isComplete(draft({ target: "" }))).toBe(false);
    expect(isComplete(draft({ target: "agent:a1" }))).toBe(false);
    expect(isComplete(draft({ target: "agent:a1", message: "Hi" }))).toBe(true);
    expect(isComplete(draft({ kind: "webhook", target: "agent:a1" }))).toBe(true);
    expect(isComplete(draft({ kind: "outgoing", url: "https://x.example/", events: [] }))).toBe(false);
    expect(isComplete(draft({ target: "workflow:w1", name: " " }))).toBe(false);
  });

  it("takes an object for its inputs", () => {
    expect(["", " ", "{}", '{"a": [1]}'].map(inputsAreReadable)).toEqual([true, true, true, true]);
    expect(["[]", "1", "{", "null", "x"].map(inputsAreReadable)).toEqual([false, false, false, false, false]);
  });
});

describe("the command that calls a webhook", () => {
  it("signs where that is asked for", () => {
    expect(curlFor("https://x/hooks/t", "none", null)).not.toContain("Signature");
    expect(curlFor("https://x/hooks/t", "liteagent", "s3cret")).toContain("-hmac 's3cret'");
  });
});
