// One answer as it comes into being: a pure fold of a run's events.
import type { Schema } from "@/api/client";
import { isObject } from "@/api/errors";
import type { RunEvent } from "@/api/stream";

export type Citation = Schema<"MessageView">["citations"][number];

export interface ToolUse {
  callId: string;
  name: string;
  arguments: string;
  state: "running" | "done" | "failed" | "rejected";
  result: string;
  passages: number | null;
}

export interface Question {
  requestId: string;
  question: string;
  options: string[];
  context: string;
}

export interface Turn {
  runId: string | null;
  conversationId: string | null;
  text: string;
  attempt: number;
  tools: ToolUse[];
  question: Question | null;
  citations: Citation[];
  status: "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";
  error: { code: string; message: string } | null;
}

export const FRESH: Turn = {
  runId: null,
  conversationId: null,
  text: "",
  attempt: 0,
  tools: [],
  question: null,
  citations: [],
  status: "running",
  error: null,
};

/** The turn after an event. */
export function heard(turn: Turn, event: RunEvent): Turn {
  const { data } = event;
  const runId = typeof data.run_id === "string" ? data.run_id : turn.runId;
  const next = runId === turn.runId ? turn : { ...turn, runId };
  const fold = FOLDS[event.type];
  return fold ? fold(next, data) : next;
}

type Data = Record<string, unknown>;

const FOLDS: Readonly<Record<string, (turn: Turn, data: Data) => Turn>> = {
  "run.started": (turn, data) => {
    const definition = isObject(data.definition) ? data.definition : {};
    const id = definition.conversation_id;
    return typeof id === "string" ? { ...turn, conversationId: id } : turn;
  },
  "message.delta": (turn, data) => {
    const attempt = typeof data.attempt === "number" ? data.attempt : turn.attempt;
    const begun = attempt === turn.attempt ? turn.text : "";
    return { ...turn, attempt, text: begun + String(data.text ?? "") };
  },
  "message.restarted": (turn) => ({ ...turn, text: "" }),
  "model.requested": (turn) => ({ ...turn, status: "running", question: null }),
  "model.completed": (turn, data) => {
    const message = isObject(data.message) ? data.message : {};
    const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
    return calls.length > 0 ? { ...turn, text: "" } : { ...turn, text: String(message.content ?? turn.text) };
  },
  "tool.requested": (turn, data) => ({
    ...turn,
    status: "running",
    question: null,
    tools: [
      ...turn.tools.filter((tool) => tool.callId !== data.call_id),
      {
        callId: String(data.call_id ?? ""),
        name: String(data.name ?? ""),
        arguments: String(data.arguments ?? ""),
        state: "running",
        result: "",
        passages: null,
      },
    ],
  }),
  "tool.completed": (turn, data) => ended(turn, data, "done"),
  "tool.failed": (turn, data) => ended(turn, data, "failed"),
  "human.requested": (turn, data) => ({
    ...turn,
    question: {
      requestId: String(data.request_id ?? ""),
      question: String(data.question ?? ""),
      options: Array.isArray(data.options) ? data.options.map(String) : [],
      context: typeof data.context === "string" ? data.context : "",
    },
  }),
  "human.answered": (turn) => ({ ...turn, question: null, status: "running" }),
  "run.waiting_human": (turn) => ({ ...turn, status: "waiting" }),
  "run.paused": (turn) => ({ ...turn, status: "paused" }),
  "run.completed": (turn, data) => {
    const message = said(data);
    return {
      ...turn,
      status: "completed",
      question: null,
      text: typeof message.content === "string" ? message.content : turn.text,
      citations: Array.isArray(message.citations) ? (message.citations as Citation[]) : turn.citations,
    };
  },
  "run.failed": (turn, data) => ({ ...turn, status: "failed", question: null, error: failure(data.error) }),
  "run.cancelled": (turn) => ({ ...turn, status: "cancelled", question: null }),
};

function said(data: Data): Data {
  const outputs = isObject(data.outputs) ? data.outputs : {};
  return isObject(outputs.message) ? outputs.message : {};
}

function failure(error: unknown): Turn["error"] {
  const told = isObject(error) ? error : {};
  return { code: String(told.code ?? "unknown"), message: String(told.message ?? "") };
}

/** A result names its call, or, where it failed before there was one, the newest that still runs. */
function ended(turn: Turn, data: Data, state: "done" | "failed"): Turn {
  const running = turn.tools.filter((tool) => tool.state === "running");
  const callId = typeof data.call_id === "string" ? data.call_id : running.at(-1)?.callId;
  const error = failure(data.error);
  return {
    ...turn,
    tools: turn.tools.map((tool) =>
      tool.callId === callId
        ? {
            ...tool,
            state,
            result: state === "failed" ? (error?.message ?? "") : String(data.content ?? ""),
            passages: Array.isArray(data.passages) ? data.passages.length : null,
          }
        : tool,
    ),
  };
}
