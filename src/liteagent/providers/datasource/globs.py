"""Path patterns: `*` and `?` stay within a folder, `**` crosses them."""

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["matches_any"]

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is of the whole path; one without `/` is of the file's name in any folder.

    Example:
        >>> matches_any("docs/api/a.md", ["docs/**/*.md"]), matches_any("docs/api/a.md", ["docs/*.md"])
        (True, False)
    """
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    whole = pattern if "/" in pattern else f"**/{pattern}"
    if whole.endswith("/"):
        whole += "**"
    parts = _PARTS.findall(whole.removeprefix("/"))
    return re.compile("".join(_MEANINGS.get(part) or re.escape(part) for part in parts), re.DOTALL)
