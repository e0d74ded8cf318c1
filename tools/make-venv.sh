#!/bin/sh
# Makes .venv with the first Python of this machine that will do, or names exactly what is missing.
# PYTHON=/path/to/python chooses one. An environment that works and lies where it was made is kept.
set -eu
wanted="3.11 or newer"
tried=""

# Prints nothing when $1 will do, and otherwise what it lacks.
lacks() {
    "$1" - <<'END' 2>/dev/null || echo "does not start"
import sys
if sys.version_info < (3, 11):
    print("is " + ".".join(map(str, sys.version_info[:3])) + ", too old")
    sys.exit(0)
import importlib
for name in ("venv", "ensurepip", "ssl", "sqlite3", "zlib"):
    try:
        importlib.import_module(name)
    except ImportError:
        print("has no module " + name)
        sys.exit(0)
END
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        if ! command -v "$candidate" >/dev/null 2>&1; then
            [ -n "${PYTHON:-}" ] && tried="$tried
  $candidate: not found"
            continue
        fi
        fault=$(lacks "$candidate")
        [ -z "$fault" ] && return 0
        tried="$tried
  $candidate ($(command -v "$candidate")): $fault"
    done
    return 1
}

explain() {
    echo "LiteAgent needs Python $wanted with the modules venv and ensurepip." >&2
    echo "Found here:${tried:- no python3 at all}" >&2
    case "$tried" in
    *"no module venv"* | *"no module ensurepip"*)
        echo "Install it:  sudo apt-get install python3-venv    (Debian, Ubuntu; for another version python3.12-venv)" >&2 ;;
    *)
        echo "Install it:  sudo apt-get install python3 python3-venv    (Debian 12, Ubuntu 24.04 or newer)" >&2
        echo "             sudo dnf install python3.12                  (Fedora, RHEL)" >&2
        echo "             brew install python@3.13                     (macOS)" >&2 ;;
    esac
    echo "or name one: make ${MAKECMDGOALS:-setup} PYTHON=/path/to/python3.11" >&2
}

is_whole() {
    [ -z "$(lacks .venv/bin/python)" ] && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        { [ ! -f .venv/.stamps/where ] || [ "$(cat .venv/.stamps/where)" = "$PWD" ]; }
}

if [ -x .venv/bin/python ] && is_whole; then
    echo "==> Keeping .venv"
else
    find_python || { explain; exit 1; }
    if [ -e .venv ]; then
        echo "==> Removing .venv: it is incomplete, was moved here, or its Python is gone"
        rm -rf .venv
    fi
    echo "==> Making .venv with $("$candidate" --version) ($(command -v "$candidate"))"
    "$candidate" -m venv .venv
fi
mkdir -p .venv/.stamps
pwd >.venv/.stamps/where
