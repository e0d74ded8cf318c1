// The server's problems by node and field. Pure.
import type { Schema } from "@/api/client";
import { idOf } from "@/features/workflows/model/live";

export type Problem = Schema<"ProblemView">;

/** The problems of each node, by its id; those of the whole stand under the empty text. */
export function byNode(problems: readonly Problem[]): Record<string, Problem[]> {
  const found: Record<string, Problem[]> = {};
  for (const problem of problems) {
    const id = idOf(problem.node);
    found[id] = [...(found[id] ?? []), problem];
  }
  return found;
}

/** The first message for each field of a node's configuration: `nodes.each.nodes.check.when` is `when` of `check`. */
export function byField(problems: readonly Problem[], id: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { field, message } of problems) {
    const parts = field.split(".");
    const at = parts.lastIndexOf(id);
    const name = at >= 0 ? parts[at + 1] : undefined;
    if (name !== undefined && found[name] === undefined) found[name] = message;
  }
  return found;
}

/** How many keep the flow from running. */
export function errorsIn(problems: readonly Problem[]): number {
  return problems.filter((problem) => problem.severity === "error").length;
}

/** The worst severity of each node's problems, by its id. */
export function worst(problems: readonly Problem[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { node, severity } of problems) {
    const id = idOf(node);
    if (found[id] !== "error") found[id] = severity;
  }
  return found;
}
