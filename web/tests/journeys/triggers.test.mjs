import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openSignedIn } from "../browser.mjs";
import { startServer } from "../server.mjs";

let server;
let receiver;
const heard = [];

before(async () => {
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      heard.push({ headers: request.headers, body });
      response.writeHead(heard.length === 1 ? 500 : 200).end("Received.");
    });
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  server = await startServer({ FETCH_ALLOW: "127.0.0.1" });
});
after(async () => {
  await closeBrowser();
  await server.stop();
  receiver.close();
});

async function flow(token) {
  const nodes = { start: { type: "start" }, end: { type: "end", outputs: { text: "Hello {{ inputs.name }}" } } };
  const document = { liteagent: 1, id: "greeting", name: "A greeting", inputs: { name: { type: "string", required: true } }, nodes, edges: ["start -> end"] };
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const made = await fetch(`${server.base}/api/workflows`, { method: "POST", headers, body: JSON.stringify(document) });
  assert.ok([201, 409].includes(made.status));
}

async function add(page, kind, name) {
  await goTo(page, `${server.base}/triggers`);
  await page.getByRole("button", { name: "Add a trigger" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: new RegExp(`^${kind}`) }).click();
  await dialog.getByLabel("Name").fill(name);
  return dialog;
}

test("a schedule says in words when it comes, and is fired by hand", async () => {
  const { page, token, done } = await openSignedIn(server.base, { expected: [/422/] });
  await flow(token);
  const dialog = await add(page, "Schedule", "Nightly");
  await dialog.getByLabel("What is started").selectOption({ label: "A greeting" });
  await dialog.getByLabel("Inputs (JSON)").fill('{"name": "Ada"}');
  await dialog.getByText("At 09:00 on Monday, Tuesday, Wednesday, Thursday, and Friday.").waitFor();
  await dialog.getByLabel("When (cron)").fill("0 25 * * *");
  await dialog.getByText("`cron` cannot be read: Bad hour.").waitFor();
  await dialog.getByLabel("When (cron)").fill("30 2 * * *");
  await dialog.getByLabel("Time zone").fill("Europe/Madrid");
  await dialog.getByText("Every day at 02:30.").waitFor();
  await dialog.getByRole("list", { name: /Europe\/Madrid/ }).getByRole("listitem").nth(4).waitFor();
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Nightly" }).waitFor();
  await page.getByRole("button", { name: "Run now" }).click();
  await page.getByRole("table", { name: "What it did" }).getByText("Completed").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Switch on" }).waitFor();
  await goTo(page, `${server.base}/triggers`);
  const row = page.getByRole("row").filter({ hasText: "Nightly" });
  await row.getByText("Paused").waitFor();
  await row.getByText("Completed").waitFor();
  await done();
});

test("a webhook shows its address once, and what calls it starts a run", async () => {
  const { page, token, done } = await openSignedIn(server.base);
  await flow(token);
  const dialog = await add(page, "Webhook", "Deploys");
  await dialog.getByLabel("What is started").selectOption({ label: "A greeting" });
  await dialog.getByLabel("Inputs (JSON)").fill('{"name": "{{ body.who }}"}');
  await dialog.getByRole("button", { name: "Create" }).click();
  const once = page.getByRole("dialog", { name: "Deploys" });
  const command = await once.getByText(/^curl -X POST/).innerText();
  const address = /http:\S+/.exec(command)[0];
  await once.getByRole("button", { name: "I have noted it" }).click();
  await page.getByText(`/hooks/…${address.slice(-4)}`).waitFor();
  const called = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"who": "Ada"}' });
  assert.equal(called.status, 202);
  await page.getByRole("table", { name: "What it did" }).getByText("Completed").waitFor();
  assert.ok(!(await page.content()).includes(address));
  await done();
});

test("a receiver that fails is told again by hand", async () => {
  const { page, done } = await openSignedIn(server.base);
  const dialog = await add(page, "Outgoing", "Told");
  await dialog.getByLabel("Address of the receiver").fill(`http://127.0.0.1:${receiver.address().port}/in`);
  await dialog.getByRole("button", { name: "Create" }).click();
  const once = page.getByRole("dialog", { name: "Told" });
  await once.getByText("Secret", { exact: true }).waitFor();
  await once.getByRole("button", { name: "I have noted it" }).click();
  await page.getByRole("button", { name: "Send a test" }).click();
  const log = page.getByRole("table", { name: "What it did" });
  await log.getByText("failed").waitFor();
  await log.getByText("500", { exact: true }).waitFor();
  await log.getByRole("button", { name: "Do it again" }).click();
  await log.getByText("delivered").waitFor();
  assert.equal(heard.length, 2);
  assert.equal(heard[0].body, heard[1].body);
  assert.match(heard[1].headers["x-liteagent-signature"], /^t=\d+,v1=[0-9a-f]{64}$/);
  await done();
});
