#!/bin/sh
# Builds the web interface (web/) into src/liteagent/_web, once for each state of its sources. Without Node the product
# runs without its interface and says so; where CI=true nothing may be missing.
set -eu
bundle=src/liteagent/_web/index.html.gz
installed=web/node_modules/.package-lock.json

missing=""
if ! command -v node >/dev/null 2>&1; then
    missing="node"
elif [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
    missing="node 20 or newer (this is $(node --version))"
elif ! command -v npm >/dev/null 2>&1; then
    missing="npm"
fi

if [ -n "$missing" ]; then
    echo "==> Missing on this machine: $missing. The web interface (web/) is built with it." >&2
    echo "    Install it: sudo apt-get install nodejs npm (Debian 13, Ubuntu 25.04 or newer), else from nodejs.org" >&2
    [ "${CI:-}" != true ] || exit 1
    echo "    Going on without: the API, the command line and /docs work, the interface does not." >&2
    exit 0
fi

if [ ! -f "$installed" ] || [ web/package-lock.json -nt "$installed" ]; then
    echo "==> Installing what the web interface is built with (web/package-lock.json)"
    (cd web && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)
    touch "$installed"
fi
newer=$(find web/src web/public web/scripts web/package-lock.json web/next.config.ts -newer "$bundle" -print -quit 2>/dev/null || echo new)
if [ ! -f "$bundle" ] || [ -n "$newer" ]; then
    echo "==> Building the web interface (web/)"
    (cd web && node scripts/build.mjs)
fi
