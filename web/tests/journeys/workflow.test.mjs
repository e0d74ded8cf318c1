import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openSignedIn } from "../browser.mjs";
import { call, startServer } from "../server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const REFUND = {
  liteagent: 1,
  name: "Refund",
  inputs: { amount: { type: "number", required: true } },
  nodes: {
    start: { type: "start" },
    large: { type: "condition", when: "inputs.amount > 50" },
    approve: { type: "human", question: "Refund {{ inputs.amount }}?", options: ["approve", "reject"] },
    paid: { type: "end", outputs: { result: "paid" } },
    refused: { type: "end", outputs: { result: "refused" } },
  },
  edges: ["start -> large", { "large -> approve": true }, { "large -> paid": false }, { "approve -> paid": "approve" }, { "approve -> refused": "reject" }],
  layout: { start: [0, 120], large: [280, 110], approve: [560, 0], paid: [840, 180], refused: [840, 0] },
};

let server;

before(async () => {
  server = await startServer();
});
after(async () => {
  await closeBrowser();
  await server.stop().catch(() => undefined);
});

async function openFlow(id, options) {
  const opened = await openSignedIn(server.base, { permissions: ["clipboard-read", "clipboard-write"], ...options });
  const { search = "" } = options ?? {};
  const made = await call(server.base, "POST", "/api/workflows", { ...REFUND, id }, opened.token);
  await goTo(opened.page, `${server.base}/workflows?id=${made.id}${search}`);
  return { ...opened, made };
}

const node = (page, id) => page.locator(`.react-flow__node[data-id="${id}"]`);
const saved = (page, text = /^Saved as version/) => page.locator("[data-saving]").filter({ hasText: text }).waitFor();
const stored = async (made, token) => (await call(server.base, "GET", `/api/workflows/${made.id}`, undefined, token)).document;
const focused = (page, id) => page.waitForFunction((wanted) => document.activeElement?.getAttribute("data-id") === wanted, id);

async function clean(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((options) => globalThis.axe.run(document, options), {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  });
  assert.deepEqual(violations.map((each) => `${each.id}: ${each.nodes.map((found) => found.html.slice(0, 160)).join(" | ")}`), []);
}

test("a flow is built by keyboard alone, run, approved in another tab, and its timeline read", async () => {
  const { page, context, token, done } = await openSignedIn(server.base);
  const { keyboard } = page;
  const add = async (key, type, expected) => {
    await keyboard.press(key);
    await page.getByRole("combobox", { name: "Type what to add" }).waitFor();
    await keyboard.type(type);
    await keyboard.press("Enter");
    await focused(page, expected);
  };
  await goTo(page, `${server.base}/workflows`);
  await page.getByRole("button", { name: "New flow" }).first().focus();
  await keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Name" }).waitFor();
  await keyboard.type("By keyboard");
  await keyboard.press("Enter");
  await node(page, "start").waitFor();
  await keyboard.press("Alt+ArrowRight");
  await focused(page, "start");
  await add("/", "agent", "agent");
  await add("Tab", "condition", "condition");
  await add("/", "human", "human");
  await add("Tab", "end", "end");
  await keyboard.press("Alt+ArrowLeft");
  await focused(page, "human");
  await keyboard.press("Alt+ArrowLeft");
  await focused(page, "condition");
  await add("/", "→ end", "end");
  await keyboard.press("l");
  await page.getByRole("button", { name: /^Undo: Tidy/ }).waitFor();
  await saved(page, /version [^1]/);
  const id = new URL(page.url()).searchParams.get("id");
  const { edges } = await stored({ id }, token);
  assert.deepEqual(edges, ["start -> agent", "agent -> condition", { "condition -> human": true }, { "human -> end": "yes" }, { "condition -> end": false }]);

  await keyboard.press("Control+Enter");
  await node(page, "human").getByText("waits for a person").waitFor();
  const inbox = await context.newPage();
  await goTo(inbox, `${server.base}/inbox`);
  await inbox.getByRole("button", { name: "yes", exact: true }).click();
  await page.getByRole("region", { name: "Problems and run" }).getByText("Completed").first().waitFor();
  await node(page, "end").getByText("done").waitFor();
  await page.getByRole("link", { name: "Open the run" }).first().focus();
  await keyboard.press("Enter");
  await page.getByRole("region", { name: "Timeline" }).getByText("human").first().waitFor();
  await done();
});

test("dragging, connecting, deleting, undo, redo and a reload lose nothing", async () => {
  const { page, made, token, done } = await openFlow("undo");
  await node(page, "paid").waitFor();
  await page.waitForTimeout(300);
  const box = await node(page, "refused").boundingBox();
  await page.mouse.move(box.x + 40, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 70, box.y - 50, { steps: 6 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Undo: Move “refused”" }).waitFor();
  const from = await node(page, "large").locator(".react-flow__handle.source").first().boundingBox();
  const to = await node(page, "refused").locator(".react-flow__handle.target").boundingBox();
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Undo: Connect large → refused" }).waitFor();
  await node(page, "approve").click();
  await page.keyboard.press("Delete");
  await page.getByRole("button", { name: "Undo: Delete “approve”" }).waitFor();
  await saved(page);
  assert.equal((await stored(made, token)).nodes.approve, undefined);
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "Nothing to undo" }).waitFor();
  await saved(page);
  assert.deepEqual(await stored(made, token), made.document);
  for (let step = 0; step < 2; step += 1) await page.keyboard.press("Control+Shift+z");
  await saved(page);
  const kept = await stored(made, token);
  assert.equal(kept.edges.length, REFUND.edges.length + 1);
  await page.reload();
  await node(page, "refused").waitFor();
  assert.deepEqual(await stored(made, token), kept);
  await done();
});

test("what was changed while the server was dead is offered after a reload, and saved", async () => {
  const { page, made, token, done } = await openFlow("crash", { expected: [/Failed to load resource/, /ERR_/] });
  await node(page, "start").click();
  await server.kill();
  await page.keyboard.press("/");
  await page.keyboard.type("wait");
  await page.keyboard.press("Enter");
  await node(page, "wait").waitFor();
  await saved(page, /server does not answer/);
  await server.start();
  await page.waitForFunction(() => document.querySelector("[data-saving=saved]"), null, { timeout: 15_000 });
  assert.ok((await stored(made, token)).nodes.wait, "saved by itself once the server was back");

  await node(page, "large").click();
  await page.getByRole("textbox", { name: "When" }).fill("inputs.amount >");
  await saved(page, /Kept in this browser: 1 error/);
  await page.reload();
  await page.getByRole("dialog", { name: "Take up unsaved changes?" }).getByRole("button", { name: "Restore" }).click();
  await node(page, "large").click();
  assert.equal(await page.getByRole("textbox", { name: "When" }).inputValue(), "inputs.amount >");
  await page.getByRole("textbox", { name: "When" }).fill("inputs.amount > 7");
  await saved(page);
  assert.equal((await stored(made, token)).nodes.large.when, "inputs.amount > 7");
  await page.reload();
  await node(page, "large").waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.getByRole("dialog").count(), 0);
  await done();
});

test("canvas, YAML and Python say the same, and a mistake is told at its line", async () => {
  const { page, made, token, done } = await openFlow("faces", { search: "&view=split" });
  const text = page.locator(".cm-content");
  await text.waitFor();
  await node(page, "large").click();
  await page.getByRole("textbox", { name: "When" }).fill("inputs.amount > 99");
  await text.getByText("inputs.amount > 99").waitFor();
  await text.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("liteagent: 1\nid: faces\nname: Faces\nnodes:\n  start: {type: start}\n  hello: {type: transform, expression: \"1 +\"}\nedges:\n  - start -> hello\n");
  await node(page, "hello").waitFor();
  await page.locator(".cm-wrongLine").filter({ hasText: "hello" }).waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("liteagent: 1\nid: faces\nnodes: [\n");
  await page.locator(".cm-wrongLine").waitFor();
  await node(page, "hello").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("liteagent: 1\nid: faces\nname: Faces\nnodes:\n  start: {type: start}\n  hello: {type: transform, expression: \"1 + 2\"}\nedges:\n  - start -> hello\n");
  await saved(page, /version [^1]/);
  await page.getByRole("button", { name: "Python", exact: true }).click();
  await page.locator(".cm-content").getByText('.add_transform("hello"').waitFor();
  const python = await page.locator(".cm-content").innerText();
  assert.match(python, /WorkflowBuilder\("faces", "Faces"\)/);
  const document = await stored(made, token);
  assert.deepEqual(document.nodes.hello, { type: "transform", expression: "1 + 2" });
  const { text: yaml } = await call(server.base, "POST", "/api/workflows/convert", { document, to: "yaml" }, token);
  await page.getByRole("button", { name: "YAML", exact: true }).click();
  await page.locator(".cm-line").filter({ hasText: "liteagent: 1" }).waitFor();
  const { text: again } = await call(server.base, "POST", "/api/workflows/convert", { document: await page.locator(".cm-content").evaluate((element) => element.cmTile?.view?.state.doc.toString() ?? [...element.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n")), to: "yaml" }, token);
  assert.equal(again, yaml);
  await done();
});

test("nodes are copied and pasted as YAML text", async () => {
  const { page, made, token, done } = await openFlow("paste");
  await node(page, "approve").click();
  await page.keyboard.press("Control+c");
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes("type: human"));
  await page.keyboard.press("Control+v");
  await node(page, "approve_2").waitFor();
  await page.evaluate(() => navigator.clipboard.writeText("pause: {type: wait, seconds: 1}"));
  await page.keyboard.press("Control+v");
  await node(page, "pause").waitFor();
  await page.keyboard.press("Control+d");
  await node(page, "pause_2").waitFor();
  await page.getByRole("button", { name: "Undo: Duplicate “pause_2”" }).waitFor();
  await page.waitForTimeout(2500);
  const { nodes } = await stored(made, token);
  assert.ok(!nodes.approve_2 || nodes.approve_2.type === "human");
  await done();
});

test("an output is changed and what follows runs again with it", async () => {
  const { page, made, token, done } = await openFlow("again");
  const dock = page.getByRole("region", { name: "Problems and run" });
  await node(page, "start").waitFor();
  await page.keyboard.press("Control+Enter");
  await dock.getByRole("spinbutton").fill("10");
  await dock.locator("form").getByRole("button", { name: "Run", exact: true }).click();
  await dock.getByText("Completed").first().waitFor();
  const first = new URL(page.url()).searchParams.get("run");
  await node(page, "start").click();
  await page.getByRole("tab", { name: "Last run" }).click();
  await page.getByRole("textbox", { name: "Output" }).fill('{"amount": 500}');
  await page.getByRole("button", { name: "Run what follows with this output" }).click();
  await dock.getByRole("button", { name: "reject", exact: true }).click();
  await dock.getByText("refused").waitFor();
  const second = new URL(page.url()).searchParams.get("run");
  assert.notEqual(first, second);
  const [before, changed] = await Promise.all([first, second].map((id) => call(server.base, "GET", `/api/runs/${id}`, undefined, token)));
  assert.deepEqual([before.outputs, changed.outputs], [{ result: "paid" }, { result: "refused" }]);
  assert.ok(made.id);
  await done();
});

test("versions are compared, restored and published", async () => {
  const { page, made, token, done } = await openFlow("versions");
  await node(page, "large").click();
  await page.getByRole("textbox", { name: "When" }).fill("inputs.amount > 1000");
  await saved(page, /version 2/);
  await page.getByRole("button", { name: "Versions" }).click();
  const dialog = page.getByRole("dialog", { name: "Versions" });
  await dialog.getByText("1 step on the way").click();
  await dialog.getByRole("button", { name: /^Version 1/ }).click();
  await dialog.getByText("large: when").waitFor();
  await dialog.getByRole("tab", { name: "Graph" }).click();
  await dialog.getByText("changed: when").waitFor();
  await dialog.getByRole("tab", { name: "Text" }).click();
  await dialog.locator(".cm-changedLine").first().waitFor();
  await dialog.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("button", { name: "Undo: Restore Version 1" }).waitFor();
  await saved(page, /version 3/);
  assert.deepEqual(await stored(made, token), made.document);
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog", { name: "Publish" }).getByRole("button", { name: "Publish" }).click();
  await page.getByText("Version 3 is published.").waitFor();
  await done();
});

test("a body is entered, edited, and left", async () => {
  const { page, token, done } = await openSignedIn(server.base);
  await goTo(page, `${server.base}/workflows?new=1`);
  await page.getByRole("radio", { name: /Many at once/ }).check();
  await page.getByRole("button", { name: "Create" }).click();
  await node(page, "each").dblclick();
  await node(page, "rounded").click();
  await page.keyboard.press("/");
  await page.keyboard.type("transform");
  await page.keyboard.press("Enter");
  await node(page, "transform").waitFor();
  await page.getByRole("navigation", { name: "Where you are in the flow" }).getByRole("button", { name: "Many at once" }).click();
  await node(page, "large").waitFor();
  await saved(page, /version [^1]/);
  const document = await stored({ id: new URL(page.url()).searchParams.get("id") }, token);
  assert.deepEqual(document.nodes.each.edges, ["taxed -> rounded", "rounded -> transform"]);
  await page.keyboard.press("Control+Enter");
  const dock = page.getByRole("region", { name: "Problems and run" });
  await dock.locator("form").getByRole("button", { name: "Run", exact: true }).click();
  await dock.getByText("Completed").first().waitFor();
  await done();
});

for (const theme of ["light", "dark"]) {
  test(`every view is free of barriers, ${theme}, wide and narrow`, async () => {
    for (const width of [1440, 360]) {
      const { page, done } = await openFlow(`axe-${theme}-${width}`, { theme, width, bypassCSP: true });
      for (const view of ["Canvas", "Outline", "YAML", "Python"]) {
        await page.getByRole("button", { name: view, exact: true }).click();
        if (view === "Canvas") await node(page, "approve").click();
        await page.locator(view === "Canvas" ? ".react-flow__node" : view === "Outline" ? "[data-line]" : ".cm-content").first().waitFor();
        await clean(page);
      }
      await done();
    }
  });
}
