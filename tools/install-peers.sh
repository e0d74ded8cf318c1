#!/bin/sh
# Installs the wire peers of the tests (tests/peers/package.json) with npm. Without Node the tests that need them
# skip and say so; where CI=true nothing may be missing.
set -eu
. tools/node.sh
have_node "The tests against wire peers (tests/peers) need it." "those tests are skipped." || exit 0

cd tests/peers
installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ]; then
    echo "==> Installing the wire peers of the tests with npm (tests/peers/package-lock.json)"
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    touch "$installed"
fi
