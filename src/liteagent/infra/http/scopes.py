"""What a limited API key may do: scopes are `<area>:read` and `<area>:write`.

The area is the first part of a path below `/api` (`agents`, `chat`, `datasources` …), or `*` for all of them
but `auth`, which only `auth:…` opens. Writing includes reading.
"""

import re
from collections.abc import Collection

from liteagent.contracts.errors import NotPermittedError
from liteagent.contracts.identity import Principal

__all__ = ["SCOPE_PATTERN", "require_scope"]

SCOPE_PATTERN = r"^(\*|[a-z0-9][a-z0-9-]{0,39}):(read|write)$"
"""A scope as a regular expression."""

_AREA = re.compile(r"^/(?:api/)?([^/]*)")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def require_scope(principal: Principal, method: str, path: str) -> None:
    """Make sure that the principal's scopes, if it is limited to any, cover a request.

    Raises:
        NotPermittedError: They do not; the message names the scope that would.
    """
    if not principal.scopes:
        return
    match = _AREA.match(path)
    area = match.group(1) if match else ""
    action = "read" if method in _READING else "write"
    if not _covered(principal.scopes, area, action):
        raise NotPermittedError(
            f"This API key lacks the scope `{area}:{action}`. Use a key that has it.",
            code="scope_missing",
            details={"scope": f"{area}:{action}"},
        )


def _covered(scopes: Collection[str], area: str, action: str) -> bool:
    areas = (area,) if area == "auth" else (area, "*")
    actions = ("read", "write") if action == "read" else ("write",)
    return any(f"{each}:{action}" in scopes for each in areas for action in actions)
