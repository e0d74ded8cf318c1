import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openPage } from "../browser.mjs";
import { startServer, WHO } from "../server.mjs";

const MINUTE_MS = 60_000;
let server;

before(async () => {
  server = await startServer();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

test("from nothing to a cited answer within a minute, then an approval and its timeline", async () => {
  const began = Date.now();
  const { page, done } = await openPage();
  await page.goto(server.base);
  await page.waitForURL(/\/welcome$/);
  await page.getByLabel("E-mail").fill(WHO.email);
  await page.getByLabel(/^Password/).fill(WHO.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.getByRole("button", { name: /^Ask:/ }).click();
  const answer = page.getByRole("article", { name: "Answer" });
  await answer.getByRole("list", { name: "Sources" }).waitFor({ timeout: MINUTE_MS });
  assert.ok(Date.now() - began < MINUTE_MS, `it took ${Date.now() - began} ms`);

  await answer.getByRole("button", { name: /^Source 1:/ }).first().click();
  const passage = page.getByRole("dialog").locator("mark");
  await passage.waitFor();
  assert.ok((await passage.innerText()).length > 40);
  await page.keyboard.press("Escape");
  await page.reload();
  await answer.getByRole("list", { name: "Sources" }).waitFor();

  await goTo(page, `${server.base}/welcome`);
  await page.getByRole("button", { name: "See an approval" }).click();
  await page.waitForURL(/\/inbox/);
  await page.getByRole("article", { name: "Refund 120 for order A-1001?" }).waitFor();
  await page.getByRole("link", { name: "Its run" }).click();
  await page.getByText("Waiting for a person").first().waitFor();
  await page.getByRole("button", { name: "approve", exact: true }).click();
  await page.getByText("Completed").first().waitFor();
  await page.getByRole("group", { name: "Timeline" }).getByRole("button").first().waitFor();
  await page.getByRole("region", { name: "State then" }).getByText("refunded 120").waitFor();
  await done();
});

test("the scrubber goes back in time, and a fork goes on from there", async () => {
  const { page, done } = await openPage();
  await page.goto(`${server.base}/login`);
  await page.getByLabel("E-mail").fill(WHO.email);
  await page.getByLabel("Password").fill(WHO.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "What needs you" }).waitFor();
  await goTo(page, `${server.base}/runs?kind=workflow`);
  await page.getByRole("link", { name: /A-1001/ }).first().click();
  await page.getByText("Completed").first().waitFor();
  const slider = page.getByRole("slider", { name: "Event" });
  const last = Number(await slider.inputValue());
  await slider.focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowLeft");
  assert.equal(Number(await slider.inputValue()), last - 3);
  await page.getByRole("button", { name: `Fork at ${last - 3}` }).click();
  await page.getByRole("button", { name: "Fork", exact: true }).click();
  await page.waitForURL((url) => url.search.includes("id=") && !url.search.includes("at="));
  await page.getByRole("group", { name: "Timeline" }).waitFor();
  await done();
});
