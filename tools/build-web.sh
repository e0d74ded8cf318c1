#!/bin/sh
# Builds the web interface (web/) into src/liteagent/_web, once for each state of its sources. Without Node the product
# runs without its interface and says so; where CI=true nothing may be missing.
set -eu
bundle=src/liteagent/_web/index.html.gz

. tools/node.sh
have_node "The web interface (web/) is built with it." "the API, the command line and /docs work, the interface does not." || exit 0
install_locked web "what the web interface is built with"

newer=$(find web/src web/public web/scripts web/package-lock.json web/next.config.ts -newer "$bundle" -print -quit 2>/dev/null || echo new)
if [ ! -f "$bundle" ] || [ -n "$newer" ]; then
    echo "==> Building the web interface (web/)"
    (cd web && node scripts/build.mjs)
fi
