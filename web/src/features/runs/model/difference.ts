import { isObject } from "@/api/errors";

export interface Change {
  path: string;
  before: unknown;
  after: unknown;
}

const SAME: Change[] = [];

/** Where two values differ, leaf by leaf; `undefined` stands for what is not there. */
export function changes(before: unknown, after: unknown, path = ""): Change[] {
  if (Object.is(before, after)) return SAME;
  const inside = containers(before, after);
  if (!inside) return JSON.stringify(before) === JSON.stringify(after) ? SAME : [{ path, before, after }];
  const [left, right] = inside;
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.flatMap((name) => changes(left[name], right[name], path ? `${path}.${name}` : name));
}

type Container = Record<string, unknown>;

function containers(before: unknown, after: unknown): [Container, Container] | null {
  if (isObject(before) && isObject(after)) return [before, after];
  if (Array.isArray(before) && Array.isArray(after)) return [{ ...before }, { ...after }];
  return null;
}
