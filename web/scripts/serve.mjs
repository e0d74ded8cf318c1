// Serves the bundle on its own port and hands the API's paths on: `node scripts/serve.mjs [port] [api]`.
// For installations that keep the interface apart from the API, and for nobody else: `liteagent serve` does both.
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const port = Number(process.argv[2] ?? 3000);
const api = new URL(process.argv[3] ?? "http://127.0.0.1:8000");
const folder = fileURLToPath(new URL("../../src/liteagent/_web", import.meta.url));
const { reserved, policy, types } = JSON.parse(readFileSync(new URL("../../src/liteagent/app/http/web.json", import.meta.url), "utf8"));

function find(path) {
  const tried = path === "/" ? ["/index.html"] : [path, `${path}.html`, `${path}/index.html`];
  return tried.find((each) => existsSync(join(folder, `${each}.gz`)) || isFile(join(folder, each)));
}

function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}

function handOn(asked, answer) {
  const options = { host: api.hostname, port: api.port, path: asked.url, method: asked.method, headers: asked.headers };
  const onward = request(options, (told) => {
    answer.writeHead(told.statusCode ?? 502, told.headers);
    told.pipe(answer);
  });
  onward.on("error", () => {
    if (!answer.headersSent) answer.writeHead(502);
    answer.end();
  });
  answer.on("close", () => onward.destroy());
  asked.pipe(onward);
}

function serve(asked, answer) {
  const path = normalize(decodeURIComponent(new URL(asked.url, "http://local").pathname));
  const found = path.startsWith("/") && !path.includes("..") ? find(path) : undefined;
  const name = found ?? "/404.html";
  const packed = ["br", "gzip"].find(
    (each) =>
      (asked.headers["accept-encoding"] ?? "").includes(each) &&
      existsSync(join(folder, `${name}.${each === "br" ? "br" : "gz"}`)),
  );
  const file = join(folder, packed ? `${name}.${packed === "br" ? "br" : "gz"}` : name);
  if (!isFile(file)) {
    answer.writeHead(406).end("This server holds its pages compressed; ask with Accept-Encoding: gzip.\n");
    return;
  }
  answer.writeHead(found ? 200 : 404, {
    "Content-Type": types[extname(name)] ?? "application/octet-stream",
    "Cache-Control": name.startsWith("/_next/static/") ? "public, max-age=31536000, immutable" : "no-cache",
    "Content-Security-Policy": policy.join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    Vary: "Accept-Encoding",
    ...(packed ? { "Content-Encoding": packed } : {}),
  });
  createReadStream(file).pipe(answer);
}

createServer((asked, answer) => {
  const first = (asked.url ?? "/").split(/[/?]/)[1] ?? "";
  try {
    if (reserved.includes(first)) handOn(asked, answer);
    else serve(asked, answer);
  } catch {
    answer.writeHead(400).end();
  }
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
