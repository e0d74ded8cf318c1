// The real server over an empty data folder, for as long as a test needs it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PROGRAM = process.env.LITEAGENT_PROGRAM ?? join(ROOT, ".venv", "bin", "liteagent");
const READY = /is ready at (http:\/\/\S+)/;
const START_MS = 60_000;

export const WHO = { email: "ada@example.com", password: "correct horse battery" };

/** Starts a server; `stop` ends it and `kill` does so without a word. `start` again keeps its data and port. */
export async function startServer(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "liteagent-web-"));
  let child;
  let port = "0";

  async function start() {
    child = spawn(PROGRAM, ["serve", "--port", port, "--data", folder], {
      env: { PATH: process.env.PATH, HOME: folder, DEFAULT_EMBEDDING: "none", SANDBOX_MODE: "none", ...settings },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
    });
    const base = await readyAt(child);
    port = new URL(base).port;
    return base;
  }

  async function end(signal) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  return {
    base: await start(),
    start,
    kill: () => end("SIGKILL"),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readyAt(child) {
  return new Promise((resolve, reject) => {
    let told = "";
    const timer = setTimeout(() => reject(new Error(`The server was not ready in time:\n${told}`)), START_MS);
    const hear = (piece) => {
      told += piece;
      const found = READY.exec(told);
      if (found) {
        clearTimeout(timer);
        resolve(found[1]);
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}:\n${told}`)));
  });
}

/** Calls the API as JSON; the answer's body. */
export async function call(base, method, path, body, token) {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
}

/** Makes the first account, or signs it in again; its tokens. */
export async function signIn(base) {
  const { setup_needed: fresh } = await call(base, "GET", "/api/meta");
  return call(base, "POST", fresh ? "/api/auth/setup" : "/api/auth/login", WHO);
}
