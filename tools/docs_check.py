"""Gate: in every Markdown file relative links and anchors lead somewhere, and Python blocks compile.

Run `python -m tools.docs_check`. The blocks of README.md and docs/ are also run, by tests/docs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.documents import anchors, links, python_blocks
from tools.source import files

__all__ = ["main"]


def _fault(page: Path, target: str) -> str | None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    if parts.path.startswith("/"):
        return "is absolute; link relatively"
    found = page.parent / unquote(parts.path) if parts.path else page
    if not found.exists():
        return "leads nowhere"
    if parts.fragment and found.suffix == ".md" and unquote(parts.fragment) not in anchors(found):
        return f"names no heading of {found}"
    return None


def _broken_links(page: Path) -> Iterator[str]:
    for line, target in links(page):
        fault = _fault(page, target)
        if fault:
            yield f"{page}:{line}: the link `{target}` {fault}"


def _broken_blocks(page: Path) -> Iterator[str]:
    for block in python_blocks(page):
        try:
            block.compiled()
        except SyntaxError as error:
            yield f"{page}:{error.lineno}: this Python block does not compile: {error.msg}"


def main() -> int:
    """Check the Markdown of the current folder; 1 when something is broken."""
    pages = list(files(Path(), ".md"))
    faults = [fault for page in pages for fault in (*_broken_links(page), *_broken_blocks(page))]
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
