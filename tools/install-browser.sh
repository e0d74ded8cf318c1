#!/bin/sh
# Makes sure that there is a Chromium for the interface's journeys (web/tests). Without one they are skipped and say
# so; where CI=true nothing may be missing.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
[ -z "${CHROMIUM:-}" ] || [ ! -x "$CHROMIUM" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "==> Installing Chromium with apt-get, for the interface's journeys"
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "==> Missing on this machine: Chromium. The interface's journeys (web/tests) need it." >&2
echo "    Install it: sudo apt-get install chromium, or name one in CHROMIUM" >&2
[ "${CI:-}" != true ] || exit 1
echo "    Going on without: those tests are skipped." >&2
