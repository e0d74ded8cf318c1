import type { Schema } from "@/api/client";

type Agent = Schema<"AgentView">;

const FIELDS = [
  "name",
  "description",
  "system_prompt",
  "provider_id",
  "fallbacks",
  "datasource_ids",
  "tools",
  "memory",
  "budget",
  "guardrails",
  "output_schema",
  "agents",
] as const;

/** What of an agent can be changed here. */
export type Draft = Pick<Agent, (typeof FIELDS)[number]>;

/** An agent as a draft. */
export function draftOf(agent: Agent): Draft {
  return Object.fromEntries(FIELDS.map((field) => [field, agent[field]])) as unknown as Draft;
}

/** Whether a draft says something else than the agent does. */
export function changed(agent: Agent, draft: Draft): boolean {
  return FIELDS.some((field) => JSON.stringify(agent[field] ?? null) !== JSON.stringify(draft[field] ?? null));
}

/** A tool of an agent: by name, or with what is said about asking first. */
export type Tool = Agent["tools"][number];

/** A tool's name. */
export function nameOf(tool: Tool): string {
  return typeof tool === "string" ? tool : tool.name;
}

/** Whether a person is asked before each call; null leaves it to the tool. */
export function asksFirst(tool: Tool): boolean | null {
  return typeof tool === "string" ? null : (tool.approval ?? null);
}
