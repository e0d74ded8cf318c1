import { api, authorized, data } from "@/api/client";
import { AppError } from "@/api/errors";
import { type ServerEvent, SseParser } from "@/api/sse";

/** An event of a run, with its data read. */
export interface RunEvent {
  id: string | null;
  type: string;
  data: Record<string, unknown>;
}

const ENDS = new Set(["run.completed", "run.failed", "run.cancelled"]);
const LAST = new Set([...ENDS, "run.waiting_human", "run.paused"]);
const LOOK_MS = 1_000;
const WAITS_MS = [250, 500, 1000, 2000, 4000, 8000];

interface Asked {
  url: string;
  /** Sent once; after a cut the run is followed by its id. */
  body?: unknown;
  after?: string | null;
  signal?: AbortSignal;
  /** Told that the connection was lost (true) and is back (false). */
  onCut?: (cut: boolean) => void;
}

/** The events of a run until it ends or waits, whatever happens to the connection on the way: after a cut the
 * stream goes on behind the last event that arrived, so nothing is missing and nothing comes twice. */
export async function* follow(asked: Asked): AsyncGenerator<RunEvent> {
  let place = asked.after ?? null;
  let url = asked.url;
  let body = asked.body;
  let failures = 0;
  while (true) {
    try {
      for await (const event of once(url, body, place, asked.signal)) {
        if (failures > 0) asked.onCut?.(false);
        failures = 0;
        place = event.id ?? place;
        const read = { id: event.id, type: event.type, data: parsed(event.data) };
        const run = read.data.run_id;
        if (typeof run === "string") [url, body] = [`/api/runs/${run}/events`, undefined];
        yield read;
        if (LAST.has(event.type)) return;
      }
    } catch (error) {
      if (asked.signal?.aborted) return;
      if (error instanceof AppError && error.status > 0 && error.status < 500) throw error;
      if (body !== undefined) throw error;
    }
    if (asked.signal?.aborted) return;
    if (body !== undefined) throw AppError.unreachable();
    asked.onCut?.(true);
    await pause(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 8000, asked.signal);
    failures += 1;
  }
}

/** The events of a run behind the one of that id, through waits and pauses, until the run has ended. */
export async function* watch(runId: string, after: string | null, signal: AbortSignal): AsyncGenerator<RunEvent> {
  let place = after;
  while (!signal.aborted) {
    for await (const event of follow({ url: `/api/runs/${runId}/events`, after: place, signal })) {
      place = event.id ?? place;
      yield event;
      if (ENDS.has(event.type)) return;
    }
    await moved(runId, Number.parseInt(place ?? "0", 10), signal);
  }
}

/** Returns once the run has more events than `seq`. */
async function moved(runId: string, seq: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const run = await data(api.GET("/api/runs/{run_id}", { params: { path: { run_id: runId } } })).catch(() => null);
    if (run && run.seq > seq) return;
    await pause(LOOK_MS, signal);
  }
}

async function* once(
  url: string,
  body: unknown,
  place: string | null,
  signal?: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (place) headers["Last-Event-ID"] = place;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const request = new Request(new URL(url, globalThis.location.origin), {
    method: body === undefined ? "GET" : "POST",
    headers,
    signal: signal ?? null,
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer = await authorized(request);
  if (!answer.ok) throw AppError.from(answer.status, await answer.json().catch(() => null));
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  const parser = new SseParser();
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      yield* parser.feed(value);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : { value };
  } catch {
    return { value: text };
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
