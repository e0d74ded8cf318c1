// Chromium, driven like a person would; what a page complains of in its console fails the test.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { signIn } from "./server.mjs";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is; null where there is none. */
export const CHROMIUM = PLACES.find((path) => path && existsSync(path)) ?? null;

let shared;

async function browser() {
  shared ??= await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  return shared;
}

/** Closes the browser; call it when the file's tests are done. */
export async function closeBrowser() {
  await shared?.close();
  shared = undefined;
}

/** A page in a context of its own. `complaints` is what its console said; `expected` are patterns to let pass. */
export async function openPage({ width = 1440, height = 900, theme = "light", expected = [], ...options } = {}) {
  const context = await (await browser()).newContext({ viewport: { width, height }, colorScheme: theme, locale: "en-US", ...options });
  const page = await context.newPage();
  const complaints = [];
  const note = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(message.text());
  });
  page.on("pageerror", (error) => note(String(error)));
  return {
    page,
    context,
    /** Ends the page, and fails if its console complained. */
    async done() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}

/** A page that is signed in already. */
export async function openSignedIn(base, options) {
  const tokens = await signIn(base);
  const opened = await openPage(options);
  await opened.context.addInitScript((token) => {
    if (localStorage.getItem("test.begun")) return;
    localStorage.setItem("test.begun", "yes");
    localStorage.setItem("liteagent.refresh", token);
  }, tokens.refresh_token);
  return { ...opened, token: tokens.access_token };
}

/** Goes to a screen and waits until its data is there. */
export async function goTo(page, url) {
  await page.goto(url);
  await page.locator('main[aria-busy="false"]').waitFor();
}
