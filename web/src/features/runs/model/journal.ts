// A run as its journal tells it: the state after any event, and the stretches of time that effects took. Pure.
import type { Schema } from "@/api/client";
import { isObject } from "@/api/errors";

export type JournalEvent = Schema<"EventView">;

export type NodeStatus = "running" | "completed" | "failed" | "waiting";

export interface NodeState {
  status: NodeStatus;
  output: unknown;
  label: string | null;
  error: string | null;
}

export interface Usage {
  input: number;
  output: number;
}

/** What is known of a run after some event. */
export interface RunState {
  status: string;
  inputs: unknown;
  nodes: Readonly<Record<string, NodeState>>;
  questions: readonly string[];
  usage: Usage;
  outputs: unknown;
  error: unknown;
}

export const NOTHING: RunState = {
  status: "PENDING",
  inputs: null,
  nodes: {},
  questions: [],
  usage: { input: 0, output: 0 },
  outputs: null,
  error: null,
};

const STATUS_AFTER: Readonly<Record<string, string>> = {
  "run.started": "PENDING",
  "run.claimed": "RUNNING",
  "run.parked": "PENDING",
  "run.paused": "PAUSED",
  "run.resumed": "PENDING",
  "run.forked": "PENDING",
  "run.waiting_human": "WAITING_HUMAN",
  "human.answered": "PENDING",
  "run.completed": "COMPLETED",
  "run.failed": "FAILED",
  "run.cancelled": "CANCELLED",
};
const LIFTED: Readonly<Record<string, string>> = { "human.answered": "WAITING_HUMAN", "run.resumed": "PAUSED" };

/** The status that an event leaves a run in. An answer lifts nothing but the wait for one. */
export function statusAfter(status: string, type: string): string {
  if (type in LIFTED && status !== LIFTED[type]) return status;
  return STATUS_AFTER[type] ?? status;
}

/** The state after an event. */
function folded(state: RunState, event: JournalEvent): RunState {
  const { data, type } = event;
  const next = { ...state, status: statusAfter(state.status, type) };
  if (isObject(data.usage) && type.endsWith(".completed") && !type.startsWith("run.")) next.usage = added(state.usage, data.usage);
  if (typeof data.node === "string" && type.startsWith("node.")) next.nodes = withNode(state.nodes, data.node, event);
  switch (type) {
    case "run.started":
      next.inputs = data.inputs ?? null;
      break;
    case "human.requested":
      next.questions = [...state.questions, String(data.request_id)];
      if (typeof data.node === "string") next.nodes = withNode(state.nodes, data.node, event);
      break;
    case "human.answered":
      next.questions = state.questions.filter((each) => each !== data.request_id);
      break;
    case "run.completed":
    case "run.failed":
    case "run.cancelled":
      next.outputs = data.outputs ?? null;
      next.error = data.error ?? null;
      break;
  }
  return next;
}

/** The states after each of the first events: `states[k]` is that after k of them. */
export function statesOf(events: readonly JournalEvent[]): RunState[] {
  const states = [NOTHING];
  for (const event of events) states.push(folded(states.at(-1) ?? NOTHING, event));
  return states;
}

function withNode(nodes: RunState["nodes"], name: string, event: JournalEvent): RunState["nodes"] {
  const verb = event.type.split(".")[1] ?? "";
  const status: NodeStatus | undefined = {
    requested: event.type.startsWith("human.") ? ("waiting" as const) : ("running" as const),
    started: "running" as const,
    completed: "completed" as const,
    failed: "failed" as const,
  }[verb];
  if (!status) return nodes;
  const was = nodes[name];
  return {
    ...nodes,
    [name]: {
      status,
      output: verb === "completed" ? (event.data.output ?? null) : (was?.output ?? null),
      label: typeof event.data.label === "string" ? event.data.label : null,
      error: verb === "failed" ? told(event.data.error) : null,
    },
  };
}

function added(usage: Usage, more: Record<string, unknown>): Usage {
  return { input: usage.input + Number(more.input ?? 0), output: usage.output + Number(more.output ?? 0) };
}

function told(error: unknown): string {
  return isObject(error) ? String(error.message ?? error.code ?? "") : String(error ?? "");
}

/** A stretch of time in a run: an effect from its request to its result, or the wait for a person. */
export interface Span {
  seq: number;
  kind: string;
  name: string;
  start: number;
  /** Null while it is under way. */
  end: number | null;
  failed: boolean;
  detail: string;
  request: JournalEvent;
  result: JournalEvent | null;
}

/** Every stretch, in the order of their beginnings. Times are in milliseconds since the epoch. */
export function spansOf(events: readonly JournalEvent[]): Span[] {
  const spans = new Map<number, Span>();
  const questions = new Map<string, number>();
  for (const event of events) {
    const [kind = "", verb = ""] = event.type.split(".");
    if (event.ref !== null && event.ref !== undefined && spans.has(event.ref)) {
      const span = spans.get(event.ref);
      if (span) spans.set(event.ref, closed(span, event, verb === "failed"));
    } else if (event.type === "human.answered") {
      const seq = questions.get(String(event.data.request_id));
      const span = seq === undefined ? undefined : spans.get(seq);
      if (span && seq !== undefined) spans.set(seq, closed(span, event, false));
    } else if (verb === "requested" || verb === "started") {
      if (kind === "run") continue;
      if (kind === "human") questions.set(String(event.data.request_id), event.seq);
      spans.set(event.seq, begun(event, kind));
    } else if (event.type === "node.completed" || event.type === "node.failed") {
      spans.set(event.seq, closed(begun(event, kind), event, verb === "failed")); // a pure node takes no time
    }
  }
  return [...spans.values()];
}

function begun(event: JournalEvent, kind: string): Span {
  const { data } = event;
  const name = data.node ?? data.name ?? data.document ?? kind;
  return {
    seq: event.seq,
    kind,
    name: typeof name === "string" ? name : kind,
    start: Date.parse(event.at),
    end: null,
    failed: false,
    detail: kind === "human" ? String(data.question ?? "") : "",
    request: event,
    result: null,
  };
}

function closed(span: Span, event: JournalEvent, failed: boolean): Span {
  const usage = isObject(event.data.usage) ? event.data.usage : null;
  const tokens = usage ? `${Number(usage.input ?? 0)} → ${Number(usage.output ?? 0)} ${String(usage.unit ?? "")}` : span.detail;
  return { ...span, end: Date.parse(event.at), failed, result: event, detail: failed ? told(event.data.error) : tokens };
}
