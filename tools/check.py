"""Every gate, one line each: `python -m tools.check [NAME ...]`; what a failing one says comes after."""

import os
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["GATES", "main"]

_BIN = Path(sys.executable).parent
_PYTHON = sys.executable

GATES: dict[str, list[str]] = {
    "format": [_PYTHON, "-m", "ruff", "format", "--check", "--output-format=concise", "."],
    "lint": [_PYTHON, "-m", "ruff", "check", "--output-format=concise", "."],
    "types": [str(_BIN / "basedpyright")],
    "imports": [str(_BIN / "lint-imports"), "--no-logo"],
    "sizes": [_PYTHON, "-m", "tools.sizes"],
    "docs": [_PYTHON, "-m", "tools.docs_check"],
    "text": [_PYTHON, "-m", "tools.forbidden_text"],
    "locks": [_PYTHON, "-m", "tools.locks"],
    "web": [_PYTHON, "-m", "tools.web_check"],
}
"""What is run, by name. Everything is about the tree in the current folder, whatever is installed."""


def _passes(name: str) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(Path("src").absolute())}
    start = time.perf_counter()
    done = subprocess.run(
        GATES[name],
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    verdict = "FAILED" if done.returncode else "ok"
    print(f"{name:8} {verdict:6} {time.perf_counter() - start:5.1f} s", flush=True)
    for line in done.stdout.splitlines():
        if done.returncode or line.startswith("warning:"):
            print("   ", line, flush=True)
    return not done.returncode


def main() -> int:
    """Run the gates that are named, or all; 1 when one fails, 2 when there is no such gate."""
    names = sys.argv[1:] or list(GATES)
    unknown = [name for name in names if name not in GATES]
    if unknown:
        print(f"No gate is called {', '.join(unknown)}. There are: {', '.join(GATES)}.")
        return 2
    failed = [name for name in names if not _passes(name)]
    print(
        f"==> {len(failed)} of {len(names)} gates failed: {', '.join(failed)}"
        if failed
        else "==> All gates pass"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
