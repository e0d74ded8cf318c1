// Undo and redo: whole flows, which share all that did not change. Pure.
import type { Flow } from "@/features/workflows/model/flow";

export type Verb =
  | "add"
  | "connect"
  | "disconnect"
  | "duplicate"
  | "edit"
  | "insert"
  | "label"
  | "move"
  | "paste"
  | "remove"
  | "rename"
  | "restore"
  | "settings"
  | "tidy"
  | "yaml";

export interface Label {
  readonly verb: Verb;
  readonly name: string;
}

interface Step {
  readonly flow: Flow;
  readonly label: Label;
}

export interface History {
  readonly past: readonly Step[];
  readonly future: readonly Step[];
  /** Changes with the same key that follow one another soon are one step. */
  readonly key: string | null;
  readonly at: number;
}

export const NO_HISTORY: History = { past: [], future: [], key: null, at: 0 };

const MOST = 200;
const SOON_MS = 1500;

/** The history after a change of `flow`, as it was before. */
export function committed(history: History, flow: Flow, label: Label, now: number, key: string | null = null): History {
  const same = key !== null && key === history.key && now - history.at < SOON_MS;
  const past = same ? history.past : [...history.past, { flow, label }].slice(-MOST);
  return { past, future: [], key, at: now };
}

/** The last change taken back; null where there is none. */
export function undone(history: History, flow: Flow): { flow: Flow; history: History; label: Label } | null {
  const step = history.past.at(-1);
  if (!step) return null;
  const future = [...history.future, { flow, label: step.label }];
  return { flow: step.flow, label: step.label, history: { past: history.past.slice(0, -1), future, key: null, at: 0 } };
}

/** What was taken back last, done again; null where there is nothing. */
export function redone(history: History, flow: Flow): { flow: Flow; history: History; label: Label } | null {
  const step = history.future.at(-1);
  if (!step) return null;
  const past = [...history.past, { flow, label: step.label }];
  return { flow: step.flow, label: step.label, history: { past, future: history.future.slice(0, -1), key: null, at: 0 } };
}
