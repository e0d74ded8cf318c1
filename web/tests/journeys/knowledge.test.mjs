import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openSignedIn } from "../browser.mjs";
import { startServer } from "../server.mjs";

let server;

before(async () => {
  server = await startServer();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

const FILES = [
  { name: "orders.md", mimeType: "text/markdown", buffer: Buffer.from("# Orders\n\nA refund takes five working days.\n") },
  { name: "opening.txt", mimeType: "text/plain", buffer: Buffer.from("The shop opens at nine and closes at six.\n") },
  { name: "broken.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\nthis is no PDF at all") },
];

test("three documents, one of them corrupt: the good ones answer, the bad one says why and can be tried again", async () => {
  const { page, done } = await openSignedIn(server.base);
  await goTo(page, `${server.base}/knowledge`);
  await page.getByRole("button", { name: "Add a source" }).first().click();
  await page.getByLabel("Choose files, or drop them here").setInputFiles(FILES);
  await page.getByLabel("Name").fill("Shop");
  await page.getByRole("button", { name: "Add and index" }).click();
  await page.getByRole("heading", { name: "Shop" }).waitFor();
  const row = (name) => page.getByRole("row").filter({ hasText: name });
  await row("orders.md").getByText("ready", { exact: true }).waitFor();
  await row("opening.txt").getByText("ready", { exact: true }).waitFor();
  await row("broken.pdf").getByText("failed", { exact: true }).waitFor();
  assert.match(await row("broken.pdf").innerText(), /PDF/);
  await row("broken.pdf").getByRole("button", { name: "Try again" }).click();
  await row("broken.pdf").getByText("failed", { exact: true }).waitFor();

  await row("orders.md").getByRole("button", { name: "orders.md", exact: true }).click();
  await page.getByRole("dialog", { name: "orders.md" }).getByText("A refund takes five working days.").waitFor();
  await page.keyboard.press("Escape");

  await page.getByRole("tab", { name: "Try a question" }).click();
  await page.getByLabel("Question", { exact: true }).fill("How long does a refund take?");
  await page.getByRole("button", { name: "Search", exact: true }).last().click();
  const words = page.getByRole("region", { name: "Words" });
  await words.getByRole("article", { name: "orders.md" }).getByText("five working days").waitFor();
  await done();
});
