import { describe, expect, it } from "vitest";
import { SseParser } from "@/api/sse";

const STREAM =
  ": a comment\nid: 1\nevent: run.started\ndata: {\"a\":\ndata: 1}\n\r\n" +
  "data:no space\r\n\r\nid: 2.7\revent: message.delta\rdata: Grüße 👋 \r\rdata\n\nevent: nothing\n\nid: 3\ndata: x\n\n";
const EVENTS = [
  { id: "1", type: "run.started", data: '{"a":\n1}' },
  { id: "1", type: "message", data: "no space" },
  { id: "2.7", type: "message.delta", data: "Grüße 👋 " },
  { id: "2.7", type: "message", data: "" },
  { id: "3", type: "message", data: "x" },
];

describe("the reader of server-sent events", () => {
  it("reads the same events whatever the pieces are", () => {
    for (let first = 0; first <= STREAM.length; first += 1) {
      for (let second = first; second <= Math.min(STREAM.length, first + 3); second += 1) {
        const parser = new SseParser();
        const pieces = [STREAM.slice(0, first), STREAM.slice(first, second), STREAM.slice(second)];
        expect(pieces.flatMap((piece) => parser.feed(piece))).toEqual(EVENTS);
      }
    }
  });

  it("hands out nothing of an event that is not complete", () => {
    expect(new SseParser().feed("id: 9\ndata: unfinished\n")).toEqual([]);
  });
});
