// What the canvas shows of a run: where each node stands, told by the run's events. Pure.
import { isObject } from "@/api/errors";
import type { Flow } from "@/features/workflows/model/flow";

export type Standing = "running" | "waiting" | "completed" | "failed";

export interface LiveNode {
  readonly standing: Standing;
  readonly output: unknown;
  readonly error: string | null;
  readonly label: string | null;
  /** How many times it has ended, where that is more than once. */
  readonly times: number;
  /** The path of its last time, `each/2/x`, and the events that began and ended it. */
  readonly path: string;
  readonly from: number;
  readonly to: number | null;
}

export interface LiveRun {
  readonly id: string;
  readonly status: string;
  /** The newest event that was seen. */
  readonly seq: number;
  readonly workflowId: string | null;
  readonly version: number | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: unknown;
  readonly error: string | null;
  readonly nodes: Readonly<Record<string, LiveNode>>;
  /** Text that models are writing, by node. */
  readonly writing: Readonly<Record<string, string>>;
}

export interface Happened {
  seq: number;
  type: string;
  data: Record<string, unknown>;
}

/** A run of which nothing is known yet. */
export function begun(id: string): LiveRun {
  return { id, status: "PENDING", seq: 0, workflowId: null, version: null, inputs: {}, outputs: null, error: null, nodes: {}, writing: {} };
}

const STATUS: Readonly<Record<string, string>> = {
  "run.claimed": "RUNNING",
  "run.resumed": "RUNNING",
  "run.forked": "PENDING",
  "run.paused": "PAUSED",
  "run.waiting_human": "WAITING_HUMAN",
  "human.answered": "RUNNING",
  "run.completed": "COMPLETED",
  "run.failed": "FAILED",
  "run.cancelled": "CANCELLED",
};

/** Of the inputs that a run was given those that the flow still takes. */
export function stillTaken(given: LiveRun["inputs"], inputs: Flow["inputs"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name in inputs));
}

/** The run after one more event; one that was seen already changes nothing. */
export function after(run: LiveRun, event: Happened): LiveRun {
  const { data, type } = event;
  if (type === "message.delta") return written(run, data);
  if (event.seq <= run.seq) return run;
  const next: LiveRun = { ...run, seq: event.seq, status: STATUS[type] ?? run.status };
  if (type === "run.started") return { ...next, ...origin(data) };
  if (type === "run.completed" || type === "run.failed" || type === "run.cancelled") {
    return { ...next, outputs: data.outputs ?? null, error: data.error ? told(data.error) : null, writing: {}, nodes: stopped(next.nodes) };
  }
  if (type === "state.patched") return { ...next, nodes: patched(next.nodes, data) };
  return typeof data.node === "string" ? { ...next, ...withNode(next, data.node, event) } : next;
}

function origin(data: Record<string, unknown>): Pick<LiveRun, "inputs" | "workflowId" | "version"> {
  const definition = isObject(data.definition) ? data.definition : {};
  return {
    inputs: isObject(data.inputs) ? data.inputs : {},
    workflowId: typeof definition.workflow_id === "string" ? definition.workflow_id : null,
    version: typeof definition.version === "number" ? definition.version : null,
  };
}

function written(run: LiveRun, data: Record<string, unknown>): LiveRun {
  if (typeof data.node !== "string" || typeof data.text !== "string") return run;
  const id = idOf(data.node);
  return { ...run, writing: { ...run.writing, [id]: ((run.writing[id] ?? "") + data.text).slice(-4000) } };
}

const STANDINGS: Readonly<Record<string, Standing>> = {
  "node.started": "running",
  "node.completed": "completed",
  "node.failed": "failed",
  "human.requested": "waiting",
  "model.requested": "running",
  "tool.requested": "running",
};

function withNode(run: LiveRun, path: string, { seq, type, data }: Happened): Partial<LiveRun> {
  const standing = STANDINGS[type];
  if (!standing) return {};
  const id = idOf(path);
  const was = run.nodes[id];
  const ended = standing === "completed" || standing === "failed";
  const again = !was || was.path !== path || was.to !== null;
  const node: LiveNode = {
    standing,
    path,
    output: standing === "completed" ? (data.output ?? null) : (was?.output ?? null),
    error: standing === "failed" ? told(data.error) : null,
    label: typeof data.label === "string" ? data.label : null,
    times: (was?.times ?? 0) + (ended ? 1 : 0),
    from: again ? seq : was.from,
    to: ended ? seq : null,
  };
  const { [id]: _, ...writing } = run.writing;
  return { nodes: { ...run.nodes, [id]: node }, ...(ended && { writing }) };
}

function patched(nodes: LiveRun["nodes"], data: Record<string, unknown>): LiveRun["nodes"] {
  const patch = isObject(data.patch) ? data.patch : data;
  const outputs = isObject(patch.outputs) ? patch.outputs : {};
  const found = { ...nodes };
  for (const [path, output] of Object.entries(outputs)) {
    const node = found[idOf(path)];
    if (node) found[idOf(path)] = { ...node, output };
  }
  return found;
}

/** No node of a run that has ended is still under way. */
function stopped(nodes: LiveRun["nodes"]): LiveRun["nodes"] {
  return Object.fromEntries(Object.entries(nodes).filter(([, node]) => node.standing !== "running" && node.standing !== "waiting"));
}

/** The id of the node at a path: `each/2/x` is the third pass of `x`. */
export function idOf(path: string): string {
  return path.split("/").findLast((part) => !/^\d+$/.test(part)) ?? path;
}

function told(error: unknown): string {
  return isObject(error) ? String(error.message ?? error.code ?? "") : String(error ?? "");
}
