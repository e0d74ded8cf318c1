"""The gate of web/: strict types, small files, and API types that are those of the API.

Needs Node, and what `tools/build-web.sh` installs. Without Node it says so and passes; with CI=true it fails.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.openapi import document

__all__ = ["main", "problems"]

_WEB = Path("web")
_SCHEMA = _WEB / "src" / "api" / "schema.d.ts"
_LONGEST = 250
_ROUTER = "next/navigation"


def problems(web: Path) -> Iterator[str]:
    """What the sources below `web` break of the house's rules, found by reading them."""
    for path in sorted((web / "src").rglob("*.ts*")):
        if path.name == _SCHEMA.name:
            continue
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(web).as_posix()
        lines = text.count("\n")
        if lines > _LONGEST:
            yield f"web/{name}: {lines} lines; split it, {_LONGEST} is the most"
        if _ROUTER in text and name != "src/nav.tsx":
            yield f"web/{name}: only src/nav.tsx imports the router; use what it offers"
        if name.endswith("/page.tsx") and lines > 4:
            yield f"web/{name}: a page only names its screen; move the rest to src/features"


def main() -> int:
    """Check; 1 when something is wrong."""
    if shutil.which("node") is None or not (_WEB / "node_modules").is_dir():
        print("warning: no Node, or web/ is not installed (make web): its types are not checked")
        return 1 if os.environ.get("CI") == "true" else 0
    found = [*problems(_WEB), *_types(), *_stale()]
    for each in found:
        print(each)
    return 1 if found else 0


def _types() -> list[str]:
    done = _node("node_modules/typescript/bin/tsc", "--noEmit")
    return done.stdout.splitlines() if done.returncode else []


def _stale() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        asked, made = Path(folder, "openapi.json"), Path(folder, "schema.d.ts")
        asked.write_text(json.dumps(asyncio.run(document()), sort_keys=True), encoding="utf-8")
        done = _node("node_modules/openapi-typescript/bin/cli.js", str(asked), "--output", str(made))
        if done.returncode:
            return done.stdout.splitlines()
        fresh = made.read_text(encoding="utf-8") == _SCHEMA.read_text(encoding="utf-8")
    return [] if fresh else [f"{_SCHEMA} is not that of the API; run `make web-api`"]


def _node(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", *arguments],
        cwd=_WEB,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
