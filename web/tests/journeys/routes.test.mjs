import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openSignedIn } from "../browser.mjs";
import { call, signIn, startServer } from "../server.mjs";

const ROUTES = ["/", "/chat", "/agents", "/agents?new=1", "/workflows", "/runs", "/inbox", "/knowledge", "/knowledge?new=1", "/triggers", "/providers", "/providers?new=1", "/providers?view=prices", "/settings", "/settings?view=keys", "/settings?view=health", "/welcome", "/login", "/nowhere"];
const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let server;
const found = {};

before(async () => {
  server = await startServer();
  const { access_token: token } = await signIn(server.base);
  const agents = await call(server.base, "GET", "/api/agents", undefined, token);
  found.agent = agents.items[0].id;
  const reply = await call(server.base, "POST", "/api/chat", { agent_id: found.agent, message: "What is a run?" }, token);
  found.chat = reply.conversation_id;
  found.run = reply.run_id;
  const sources = await call(server.base, "GET", "/api/datasources", undefined, token);
  found.source = sources.items[0].id;
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

function routes() {
  return [
    ...ROUTES,
    `/agents?id=${found.agent}`,
    `/agents?id=${found.agent}&view=api`,
    `/chat?c=${found.chat}`,
    `/runs?id=${found.run}`,
    `/knowledge?id=${found.source}`,
    `/knowledge?id=${found.source}&view=search&q=run`,
    `/knowledge?id=${found.source}&view=settings`,
  ];
}

for (const theme of ["light", "dark"]) {
  test(`every screen is accessible, ${theme}`, async () => {
    const { page, done } = await openSignedIn(server.base, { theme, bypassCSP: true, expected: [/404/] });
    for (const route of routes()) {
      await goTo(page, server.base + route);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), TAGS);
      const told = violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).join(", ")}`);
      assert.deepEqual(told, [], route);
    }
    await done();
  });
}

test("no screen is wider than a phone", async () => {
  const { page, done } = await openSignedIn(server.base, { width: 360, height: 740, expected: [/404/] });
  for (const route of routes()) {
    await goTo(page, server.base + route);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${route} is ${over} px too wide`);
  }
  await done();
});

test("nothing is fetched from another machine", async () => {
  const { page, done } = await openSignedIn(server.base, { expected: [/404/] });
  const outside = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.base) && !/^(data|blob):/.test(request.url())) outside.push(request.url());
  });
  for (const route of routes()) await goTo(page, server.base + route);
  assert.deepEqual(outside, []);
  await done();
});

test("the palette takes what is typed as soon as it is open", async () => {
  const { page, done } = await openSignedIn(server.base);
  await goTo(page, server.base);
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Go to or do" }).waitFor();
  await page.keyboard.type("settings");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/settings$/);
  await done();
});
