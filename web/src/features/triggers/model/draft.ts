// A trigger as it stands in the form, and as the server takes and gives it.
import type { Schema } from "@/api/client";
import { isObject } from "@/api/errors";

export type Kind = "schedule" | "webhook" | "outgoing";
export type Trigger = Schema<"TriggerView">;
export type NewTrigger = Schema<"NewTriggerView">;
export type Delivery = Schema<"DeliveryView">;
type Body = Schema<"TriggerBody">;

export const KINDS: readonly Kind[] = ["schedule", "webhook", "outgoing"];
export const EVENTS = ["run.completed", "run.failed", "run.cancelled", "run.waiting_human"] as const;
export const SIGNATURES = ["none", "liteagent", "github", "gitlab", "stripe", "standard"] as const;

export interface Draft {
  kind: Kind;
  name: string;
  /** `workflow:ID` or `agent:ID`. */
  target: string;
  version: number | null;
  message: string;
  /** An object as JSON; empty for none. */
  inputs: string;
  overlap: Body["overlap"];
  cron: string;
  timezone: string;
  catchUp: Body["catch_up"];
  catchUpLimit: number;
  signature: Body["signature"];
  secret: string;
  url: string;
  events: readonly string[];
  watched: readonly string[];
}

/** A new trigger, in the time zone of whoever makes it. */
export function emptyDraft(timezone: string): Draft {
  return {
    kind: "schedule",
    name: "",
    target: "",
    version: null,
    message: "",
    inputs: "",
    overlap: "allow",
    cron: "0 9 * * MON-FRI",
    timezone,
    catchUp: "once",
    catchUpLimit: 10,
    signature: "none",
    secret: "",
    url: "",
    events: ["run.completed", "run.failed"],
    watched: [],
  };
}

/** A trigger that is there, to be changed. */
export function draftOf(trigger: Trigger): Draft {
  const { target, inputs } = trigger;
  const isAgent = !!target?.agent_id;
  return {
    ...emptyDraft(trigger.timezone ?? "UTC"),
    kind: trigger.kind,
    name: trigger.name,
    target: isAgent ? `agent:${target.agent_id}` : target?.workflow_id ? `workflow:${target.workflow_id}` : "",
    version: target?.version ?? null,
    message: isAgent && typeof inputs?.message === "string" ? inputs.message : "",
    inputs: !isAgent && inputs ? JSON.stringify(inputs, null, 2) : "",
    overlap: trigger.overlap,
    cron: trigger.cron ?? "",
    catchUp: trigger.catch_up,
    catchUpLimit: trigger.catch_up_limit,
    signature: trigger.signature,
    url: trigger.url ?? "",
    events: trigger.events,
    watched: trigger.watched,
  };
}

/** Whether a text is an object as JSON, or empty. */
export function inputsAreReadable(text: string): boolean {
  if (!text.trim()) return true;
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Whether everything is there that the server cannot do without. */
export function isComplete(draft: Draft): boolean {
  if (!draft.name.trim()) return false;
  if (draft.kind === "outgoing") return draft.url.trim() !== "" && draft.events.length > 0;
  if (!draft.target || !inputsAreReadable(draft.inputs)) return false;
  if (draft.kind === "webhook") return true;
  return draft.cron.trim() !== "" && (!draft.target.startsWith("agent:") || draft.message.trim() !== "");
}

/** What is sent to the server. */
export function bodyOf(draft: Draft): Record<string, unknown> {
  const name = draft.name.trim();
  if (draft.kind === "outgoing") {
    return { name, url: draft.url.trim(), events: draft.events, watched: draft.watched, ...secretOf(draft) };
  }
  const started = { name, target: targetOf(draft), inputs: inputsOf(draft), overlap: draft.overlap };
  if (draft.kind === "webhook") {
    return { ...started, signature: draft.signature, ...(draft.signature === "none" ? {} : secretOf(draft)) };
  }
  const { cron, timezone, catchUp: catch_up, catchUpLimit: catch_up_limit } = draft;
  return { ...started, cron: cron.trim(), timezone: timezone.trim(), catch_up, catch_up_limit };
}

/** A command that calls a webhook. */
export function curlFor(address: string, signature: string, secret: string | null): string {
  const body = `'{"message": "Hello"}'`;
  if (signature !== "liteagent") {
    return `curl -X POST ${address} \\\n  -H 'Content-Type: application/json' \\\n  -d ${body}`;
  }
  return [
    `BODY=${body}; T=$(date +%s)`,
    `SIG=$(printf '%s.%s' "$T" "$BODY" | openssl dgst -sha256 -hmac '${secret ?? "SECRET"}' -hex | sed 's/.* //')`,
    `curl -X POST ${address} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H "X-LiteAgent-Delivery: $(uuidgen)" \\`,
    `  -H "X-LiteAgent-Signature: t=$T,v1=$SIG" \\`,
    `  -d "$BODY"`,
  ].join("\n");
}

function targetOf(draft: Draft): Record<string, unknown> {
  const [kind, id] = draft.target.split(":");
  if (kind === "agent") return { agent_id: id };
  return draft.version === null ? { workflow_id: id } : { workflow_id: id, version: draft.version };
}

function inputsOf(draft: Draft): unknown {
  if (draft.target.startsWith("agent:")) return draft.message.trim() ? { message: draft.message } : null;
  return draft.inputs.trim() ? JSON.parse(draft.inputs) : null;
}

function secretOf(draft: Draft): Record<string, unknown> {
  return draft.secret ? { secret: draft.secret } : {};
}
