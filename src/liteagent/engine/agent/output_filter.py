"""What must not come out of an agent: texts in the shape of a key, and the canary of its instructions."""

import re

from liteagent.engine.agent.guards import Guards

__all__ = ["OutputFilter", "filtered"]

_SHAPES: dict[str, tuple[str, str]] = {
    "private_key": (
        "-----BEGIN ",
        r"[A-Z ]{0,30}PRIVATE KEY-----[^-]{0,10000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    ),
    "api_key": ("(?:sk|pk|rk)[-_]", r"[A-Za-z0-9_-]{20,200}"),
    "liteagent_key": ("la_", r"[A-Za-z0-9_-]{24,200}"),
    "aws_key": ("(?:AKIA|ASIA)", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    "github_token": ("(?:gh[pousr]_|github_pat_)", r"[A-Za-z0-9_]{30,200}"),
    "gitlab_token": ("glpat-", r"[A-Za-z0-9_-]{20,100}"),
    "google_key": ("AIza", r"[A-Za-z0-9_-]{35}"),
    "slack_token": ("xox[abeoprs]-", r"[A-Za-z0-9-]{10,200}"),
    "jwt": ("eyJ", r"[A-Za-z0-9_-]{10,2000}+\.[A-Za-z0-9_-]{10,4000}+\.[A-Za-z0-9_-]{10,1000}"),
}
"""How a key begins, which everybody may know, and how it goes on, which nobody may."""

_EDGE = r"(?<![A-Za-z0-9])"
_SECRET = re.compile(
    _EDGE + "(?:" + "|".join(f"{start}(?P<{name}>{rest})" for name, (start, rest) in _SHAPES.items()) + ")"
)
_START = re.compile(
    _EDGE + "(?:" + "|".join(start for name, (start, _) in _SHAPES.items() if name != "private_key") + ")"
)
_BLOCK = "-----BEGIN "
_OPEN_BLOCK = re.compile(r"[A-Z ]{0,30}+(?:-{0,5}|-----[^-]{0,10000}(?:-{1,5}|-----[A-Z ]{0,40}+-{0,5})?)\Z")
_OF_KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_LONGEST = 8000
_LONGEST_BLOCK = 11_000
_CONTEXT = 16
_CUT = "[withheld]"


class OutputFilter:
    """Takes what must not come out from a text that arrives in pieces.

    How a key begins is told; what may be the rest of one is held back until it is seen to be none.
    """

    def __init__(self, guards: Guards) -> None:
        self._secrets = guards.secrets
        self._canary = guards.canary.lower()
        self._context = ""
        self._held = ""
        self._ended = False
        self.found: list[str] = []
        """What was taken out so far, by the names of the shapes; `canary` for the canary."""

    def feed(self, piece: str) -> str:
        """What can be told of the text up to now that was not told before."""
        if not (self._secrets or self._canary):
            return piece
        return self._told(piece, final=False)

    def end(self) -> str:
        """The rest."""
        return self._told("", final=True)

    def _told(self, piece: str, *, final: bool) -> str:
        if self._ended:
            return ""
        pending = self._held + piece
        if self._canary and (at := pending.lower().find(self._canary)) >= 0:
            self.found.append("canary")
            self._ended = True
            return self._without_secrets(pending[:at], final=True) + _CUT
        keep = 0 if final or not self._canary else _begun(pending, self._canary)
        told = self._without_secrets(pending[: len(pending) - keep], final=final)
        self._held += pending[len(pending) - keep :]
        return told

    def _without_secrets(self, pending: str, *, final: bool) -> str:
        """What can be told of `pending`; what cannot yet is held, what was told is context of the rest."""
        text, at = self._context + pending, len(self._context)
        told: list[str] = []
        open_from = len(text) if final or not self._secrets else self._open(text, at)
        for found in _SECRET.finditer(text) if self._secrets else ():
            start = found.start(str(found.lastgroup))
            if at <= start and found.end() <= open_from:
                self.found.append(str(found.lastgroup))
                told += (text[at:start], _CUT)
                at = found.end()
        told.append(text[at:open_from])
        self._context, self._held = text[:open_from][-_CONTEXT:], text[open_from:]
        return "".join(told)

    def _open(self, text: str, told: int) -> int:
        """Where the text begins that may be the rest of a key."""
        block = text.rfind(_BLOCK, max(0, len(text) - _LONGEST_BLOCK))
        if block >= 0 and _OPEN_BLOCK.match(text, block + len(_BLOCK)):
            return max(told, block + len(_BLOCK))
        word = max(0, len(text) - _LONGEST, len(text.rstrip(_OF_KEYS)))
        begun = _START.search(text, word)
        return len(text) if begun is None else max(told, begun.end())


def filtered(text: str, guards: Guards) -> tuple[str, tuple[str, ...]]:
    """A whole text without what must not come out, and what that was."""
    watch = OutputFilter(guards)
    told = watch.feed(text) + watch.end()
    return told, tuple(watch.found)


def _begun(text: str, start: str) -> int:
    """How many characters at the end of `text` are the beginning of `start`."""
    lowered = text[-len(start) :].lower()
    sizes = range(min(len(lowered), len(start)), 0, -1)
    return next((size for size in sizes if lowered.endswith(start[:size])), 0)
