// Who is signed in. The access token lives in memory; the refresh token, which each use replaces, is kept in the
// browser's storage, and one tab at a time uses it.
import { AppError } from "@/api/errors";

const KEY = "liteagent.refresh";
const EARLY_MS = 30_000;

interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

type Listener = () => void;

let access: { token: string; until: number } | null = null;
let refreshing: Promise<string | null> | null = null;
const listeners = new Set<Listener>();

function tell(): void {
  for (const listener of listeners) listener();
}

function keep(tokens: Tokens): string {
  access = { token: tokens.access_token, until: Date.now() + tokens.expires_in * 1000 - EARLY_MS };
  localStorage.setItem(KEY, tokens.refresh_token);
  tell();
  return tokens.access_token;
}

async function post(path: string, body: unknown): Promise<Response> {
  try {
    return await globalThis.fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw AppError.unreachable();
  }
}

async function exchange(path: string, body: unknown): Promise<void> {
  const answer = await post(path, body);
  const told: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw AppError.from(answer.status, told);
  keep(told as Tokens);
}

async function locked<T>(work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  return locks ? ((await locks.request("liteagent.refresh", work)) as T) : work();
}

async function renew(): Promise<string | null> {
  return locked(async () => {
    const token = localStorage.getItem(KEY);
    if (!token) return null;
    const answer = await post("/api/auth/refresh", { refresh_token: token });
    if (answer.ok) return keep((await answer.json()) as Tokens);
    if (answer.status === 401) session.forget();
    else if (answer.status >= 500) throw AppError.from(answer.status, await answer.json().catch(() => null));
    return null;
  });
}

export const session = {
  /** Whether somebody seems to be signed in; the server has the last word. */
  exists: (): boolean => access !== null || localStorage.getItem(KEY) !== null,

  /** Calls `listener` whenever somebody signs in or out, in any tab. */
  listen(listener: Listener): () => void {
    const stored = (event: StorageEvent): void => {
      if (event.key !== KEY) return;
      if (event.newValue === null) access = null;
      listener();
    };
    listeners.add(listener);
    globalThis.addEventListener("storage", stored);
    return () => {
      listeners.delete(listener);
      globalThis.removeEventListener("storage", stored);
    };
  },

  /** An access token that still holds; null when nobody is signed in. */
  async token(): Promise<string | null> {
    if (access && access.until > Date.now()) return access.token;
    refreshing ??= renew().finally(() => {
      refreshing = null;
    });
    return refreshing;
  },

  /** Have the next `token()` fetch a fresh one: the server has refused this. */
  expire(): void {
    access = null;
  },

  login: (email: string, password: string): Promise<void> => exchange("/api/auth/login", { email, password }),

  setUp: (email: string, password: string, token?: string): Promise<void> =>
    exchange("/api/auth/setup", { email, password, ...(token ? { token } : {}) }),

  /** Ends the sign-in here at once, and on the server as soon as it hears of it. */
  async logout(): Promise<void> {
    const token = await session.token().catch(() => null);
    session.forget();
    if (!token) return;
    const headers = { Authorization: `Bearer ${token}` };
    await globalThis.fetch("/api/auth/logout", { method: "POST", headers }).catch(() => undefined);
  },

  forget(): void {
    access = null;
    localStorage.removeItem(KEY);
    tell();
  },
};
