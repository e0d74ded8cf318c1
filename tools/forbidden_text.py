"""Gate: nothing of the machine it was written on gets into the repository.

Run `python -m tools.forbidden_text`. Lock files and documents must work anywhere, so they name no package
host and no folder of one machine, and they speak of the product instead of how it came about.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.source import files

__all__ = ["main"]

# A pattern that is a regular expression does not find itself here.
RULES = {
    "a package host; lock files carry hashes, clients know their own index": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com)\b|https?://\S+/simple\b"
    ),
    "a folder of one machine; use a relative path or a placeholder": re.compile(
        r"(?<![\w.~$}])/(?:work|root)/\w"
    ),
    "how the text came about; describe what is": re.compile(
        r"\b(?:earlier|later) issues?\b|\bissue (?:#|number )?\d|\bagent helpers?\b",
        re.IGNORECASE,
    ),
}
FILES = {"uv.lock": "the locks are requirements/*.lock, written by `make lock`"}


def _faults(path: Path) -> Iterator[str]:
    if path.name in FILES:
        yield f"{path}: {FILES[path.name]}"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for reason, pattern in RULES.items():
            match = pattern.search(line)
            if match:
                yield f"{path}:{number}: `{match[0]}` is {reason}"


def main() -> int:
    """Check every file of the current folder; 1 when one says too much."""
    faults = [fault for path in files(Path()) for fault in _faults(path)]
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
