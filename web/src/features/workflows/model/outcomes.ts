// The labels that edges out of a node may carry.
import { isObject } from "@/api/errors";
import type { Edge, FlowNode } from "@/features/workflows/model/flow";

/** How a node can end, apart from failing, in the order of its ways out; empty where it ends in one way only. */
export function outcomesOf(node: FlowNode): string[] {
  const { config, type } = node;
  switch (type) {
    case "condition":
      return ["true", "false"];
    case "switch":
      return [...names(config.cases), "default"];
    case "classify":
      return names(config.classes);
    case "human":
      return [...names(config.options), ...(config.timeout === undefined || config.timeout === null ? [] : ["timeout"])];
    default:
      return [];
  }
}

function names(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((each): each is string => typeof each === "string");
  return isObject(value) ? Object.keys(value) : [];
}

/** The ways out of a node that its card shows: its outcomes, and what its edges name besides. */
export function waysOut(id: string, node: FlowNode, edges: readonly Edge[]): string[] {
  const known = outcomesOf(node);
  const named = edges.filter((edge) => edge.source === id && edge.label !== null).map((edge) => edge.label as string);
  return [...new Set([...known, ...named])];
}

/** The label for one more edge out of a node: the first outcome that has no way yet. */
export function nextLabel(id: string, node: FlowNode, edges: readonly Edge[]): string | null {
  const taken = new Set(edges.filter((edge) => edge.source === id).map((edge) => edge.label));
  return outcomesOf(node).find((label) => !taken.has(label)) ?? null;
}
