import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { closeBrowser, goTo, openSignedIn } from "../browser.mjs";
import { startServer } from "../server.mjs";

const KEY = "sk-right-key-0123456789";
let server;
let vendor;
let address;

/** A server that speaks as much of OpenAI's protocol as a test of a provider needs. */
function vendorAnswers(request, response) {
  request.resume();
  if (request.headers.authorization !== `Bearer ${KEY}`) {
    response.writeHead(401, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ error: { message: "Incorrect API key provided", type: "invalid_request_error", code: "invalid_api_key" } }));
  } else if (request.url.endsWith("/models")) {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ object: "list", data: [{ id: "small", object: "model", created: 0, owned_by: "test" }] }));
  } else {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const chunk = (delta, finish) =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "small", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    response.end(`${chunk({ role: "assistant", content: "OK" }, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
  }
}

before(async () => {
  server = await startServer();
  vendor = createServer(vendorAnswers);
  await new Promise((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${vendor.address().port}/v1`;
});
after(async () => {
  await closeBrowser();
  vendor.close();
  await server.stop();
});

async function add(page, name, key, url) {
  await goTo(page, `${server.base}/providers?new=1`);
  await page.getByRole("button", { name: "openai_compatible", exact: true }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("API key").fill(key);
  await page.getByLabel("Address").fill(url);
  await page.getByLabel("Model").fill("small");
  await page.getByRole("button", { name: "Save" }).click();
  const card = page.getByRole("article", { name });
  await card.getByRole("button", { name: "Test connection" }).click();
  return card.getByRole("list", { name: "Test connection" });
}

test("a test of a provider tells a wrong key, a refused connection and success apart", async () => {
  const { page, done } = await openSignedIn(server.base);
  const wrong = await add(page, "Wrong key", "sk-wrong-key-0123456789", address);
  await wrong.getByText("Connection: works").waitFor();
  await wrong.getByText("Key: failed").waitFor();

  const refused = await add(page, "Nobody there", KEY, "http://127.0.0.1:9/v1");
  await refused.getByText("Connection: failed").waitFor();
  await refused.getByText("Key: not tried").waitFor();

  const right = await add(page, "Right", KEY, address);
  await right.getByText("Short question: works").waitFor();
  await right.getByText(/^small answered in/).waitFor();
  await done();
});
