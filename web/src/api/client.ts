import createClient from "openapi-fetch";
import { AppError } from "@/api/errors";
import type { components, paths } from "@/api/schema";
import { session } from "@/api/session";

/** A model of the API by its name. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** `fetch` as whoever is signed in; a token that has run out is replaced once. */
export async function authorized(request: Request): Promise<Response> {
  const again = request.clone();
  const first = await send(request, await session.token());
  if (first.status !== 401) return first;
  session.expire();
  const token = await session.token();
  return token ? send(again, token) : first;
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await globalThis.fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw AppError.unreachable();
  }
}

/** The API, typed by its OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  fetch: authorized,
});

/** What a call answered.
 *
 * @throws AppError What the server said, where it is no success.
 */
export async function data<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const answer = await call;
  if (!answer.response.ok) throw AppError.from(answer.response.status, answer.error);
  return answer.data as T;
}
