#!/bin/sh
# Installs the wire peers of the tests (tests/peers/package.json) with npm. Without Node the tests that need them
# skip and say so; where CI=true nothing may be missing.
set -eu
cd tests/peers
installed=node_modules/.package-lock.json

missing=""
if ! command -v node >/dev/null 2>&1; then
    missing="node"
elif [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
    missing="node 20 or newer (this is $(node --version))"
elif ! command -v npm >/dev/null 2>&1; then
    missing="npm"
fi

if [ -n "$missing" ]; then
    echo "==> Missing on this machine: $missing. The tests against wire peers (tests/peers) need it." >&2
    echo "    Install it: sudo apt-get install nodejs npm (Debian 13, Ubuntu 25.04 or newer), else from nodejs.org" >&2
    [ "${CI:-}" != true ] || exit 1
    echo "    Going on without: those tests are skipped." >&2
elif [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ]; then
    echo "==> Installing the wire peers of the tests with npm (tests/peers/package-lock.json)"
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    touch "$installed"
fi
