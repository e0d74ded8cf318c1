import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openPage, openSignedIn } from "../browser.mjs";
import { signIn, startServer, WHO } from "../server.mjs";

let server;

before(async () => {
  server = await startServer();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

test("whoever is not signed in is asked, and comes back to where they wanted to go", async () => {
  await signIn(server.base);
  const { page, done } = await openPage({ expected: [/401/] });
  await page.goto(`${server.base}/runs?kind=chat`);
  await page.waitForURL(/\/login\?next=/);
  await page.getByLabel("E-mail").fill(WHO.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: /password/i }).waitFor();
  await page.getByLabel("Password").fill(WHO.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/runs\?kind=chat$/);
  await done();
});

test("an address from outside never decides where a sign-in leads", async () => {
  const { page, done } = await openPage();
  await page.goto(`${server.base}/login?next=//example.org/`);
  await page.getByLabel("E-mail").fill(WHO.email);
  await page.getByLabel("Password").fill(WHO.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  assert.equal(new URL(page.url()).origin, server.base);
  await done();
});

test("signing out in one tab signs out the other", async () => {
  const { page, context, done } = await openSignedIn(server.base);
  await goTo(page, `${server.base}/settings`);
  const second = await context.newPage();
  await goTo(second, `${server.base}/runs`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await second.waitForURL(/\/login/);
  await page.waitForURL(/\/login/);
  await done();
});

test("a session that has ended elsewhere leads to the sign-in", async () => {
  const { page, done } = await openSignedIn(server.base, { expected: [/401/] });
  await goTo(page, server.base);
  await page.evaluate(() => localStorage.setItem("liteagent.refresh", "not.a.token"));
  await page.reload();
  await page.waitForURL(/\/login/);
  await done();
});

test("theme and language are kept", async () => {
  const { page, done } = await openSignedIn(server.base);
  await goTo(page, `${server.base}/settings`);
  await page.getByLabel("Theme").selectOption("dark");
  await page.getByLabel("Language").selectOption("es");
  await page.getByRole("heading", { name: "Ajustes" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Ajustes" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  assert.equal(await page.locator("html").getAttribute("lang"), "es");
  await done();
});

test("a key is shown once and works", async () => {
  const { page, done } = await openSignedIn(server.base);
  await goTo(page, `${server.base}/settings?view=keys`);
  await page.getByRole("button", { name: "New key" }).first().click();
  await page.getByLabel("Name").fill("Robot");
  await page.getByRole("button", { name: "Create" }).click();
  const key = await page.getByRole("dialog", { name: "Robot" }).locator("code").innerText();
  const answer = await fetch(`${server.base}/api/agents`, { headers: { Authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 200);
  await page.getByRole("button", { name: "Close" }).first().click();
  await page.getByRole("row").filter({ hasText: "Robot" }).waitFor();
  assert.equal(await page.getByText(key).count(), 0);
  await done();
});
