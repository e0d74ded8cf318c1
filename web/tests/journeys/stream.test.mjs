import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { createServer as createHttp } from "node:http";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openSignedIn } from "../browser.mjs";
import { call, signIn, startServer } from "../server.mjs";

const WORDS = Array.from({ length: 120 }, (_, at) => `word${at}`);
let server;
let model;
let wire;
let base;
const sockets = new Set();

/** A model that says its words one by one. */
function speak(request, response) {
  request.resume();
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  let at = 0;
  const next = () => {
    const delta = at < WORDS.length ? { content: `${WORDS[at]} ` } : {};
    const choice = { index: 0, delta, finish_reason: at < WORDS.length ? null : "stop" };
    response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "m", choices: [choice] })}\n\n`);
    at += 1;
    if (at <= WORDS.length) setTimeout(next, 15);
    else response.end("data: [DONE]\n\n");
  };
  next();
}

before(async () => {
  server = await startServer();
  model = createHttp(speak);
  await new Promise((resolve) => model.listen(0, "127.0.0.1", resolve));
  const target = Number(new URL(server.base).port);
  wire = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    sockets.add(near);
    near.on("close", () => sockets.delete(near));
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise((resolve) => wire.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${wire.address().port}`;
  const { access_token: token } = await signIn(server.base);
  const provider = await call(
    server.base,
    "POST",
    "/api/providers",
    { name: "Words", provider_type: "openai_compatible", model_name: "m", base_url: `http://127.0.0.1:${model.address().port}/v1` },
    token,
  );
  await call(server.base, "POST", "/api/agents", { name: "Speaker", provider_id: provider.id }, token);
});
after(async () => {
  await closeBrowser();
  for (const socket of sockets) socket.destroy();
  wire.close();
  model.close();
  await server.stop();
});

test("a stream that is cut three times goes on with no word lost or doubled", async () => {
  const { page, done } = await openSignedIn(base, { expected: [/ERR_|Failed to load resource/] });
  await goTo(page, `${base}/chat`);
  await page.getByLabel("Agent").selectOption({ label: "Speaker" });
  await page.getByLabel("Message").fill("Go on");
  await page.keyboard.press("Enter");
  const answer = page.getByRole("article", { name: "Answer" });
  for (const word of ["word10", "word35", "word60"]) {
    await answer.getByText(new RegExp(`\\b${word}\\b`)).waitFor();
    for (const socket of sockets) socket.destroy();
  }
  await page.getByRole("link", { name: "How it came about" }).waitFor();
  assert.equal((await answer.locator("p").first().innerText()).trim(), WORDS.join(" "));
  await done();
});

test("stop keeps what was said", async () => {
  const { page, done } = await openSignedIn(base);
  await goTo(page, `${base}/chat`);
  await page.getByLabel("Agent").selectOption({ label: "Speaker" });
  await page.getByLabel("Message").fill("Go on");
  await page.keyboard.press("Enter");
  const answer = page.getByRole("article", { name: "Answer" });
  await answer.getByText(/\bword10\b/).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await answer.getByText("Not finished").waitFor();
  assert.match(await answer.innerText(), /word10/);
  await done();
});
