// Makes the bundle that LiteAgent serves: `next build`, then scripts out of the pages (the content security policy
// allows none inside), then every file compressed once, into src/liteagent/_web. `node scripts/build.mjs [folder]`
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const target = process.argv[2] ?? join(web, "..", "src", "liteagent", "_web");
const out = join(web, "out");
const INLINE = /<script(?![^>]*\bsrc=)([^>]*)>([\s\S]*?)<\/script>/g;
const COMPRESSED = /\.(html|js|css|svg|txt|json|webmanifest)$/;

function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: web,
    stdio: "inherit",
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
  });
  if (status !== 0) process.exit(status ?? 1);
}

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

/** Moves the scripts that stand in a page into files of their own; they still run in their order. */
function withoutInlineScripts(page) {
  return page.replace(INLINE, (_whole, attributes, code) => {
    const name = createHash("sha256").update(code).digest("hex").slice(0, 20);
    mkdirSync(join(out, "_next", "static", "page"), { recursive: true });
    writeFileSync(join(out, "_next", "static", "page", `${name}.js`), code);
    return `<script${attributes} src="/_next/static/page/${name}.js"></script>`;
  });
}

function compressed(path) {
  const body = readFileSync(path);
  const to = join(target, relative(out, path));
  mkdirSync(dirname(to), { recursive: true });
  if (!COMPRESSED.test(path)) {
    cpSync(path, to);
    return;
  }
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } };
  writeFileSync(`${to}.br`, brotliCompressSync(body, options));
  writeFileSync(`${to}.gz`, gzipSync(body, { level: 9 }));
}

rmSync(join(web, ".next"), { recursive: true, force: true }); // a failed build is remembered there
rmSync(out, { recursive: true, force: true });
run(process.execPath, [join(web, "node_modules", "next", "dist", "bin", "next"), "build"]);
if (existsSync(join(web, "src", "embed"))) run(process.execPath, [join(web, "scripts", "embed.mjs")]);
for (const path of files(out)) {
  if (path.endsWith(".html")) writeFileSync(path, withoutInlineScripts(readFileSync(path, "utf8")));
}
rmSync(target, { recursive: true, force: true });
for (const path of files(out)) compressed(path);
console.log(`The interface is in ${relative(process.cwd(), target)}`);
