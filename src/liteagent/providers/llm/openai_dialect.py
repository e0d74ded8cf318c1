"""What may be said to a server that refuses some of what OpenAI's protocols know: pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, cast

from liteagent.contracts.messages import Role

__all__ = ["Api", "Dialect", "Refusal"]

Api: TypeAlias = Literal["responses", "chat"]

_NOT_THERE: Final = (404, 405, 501)
_REFUSED: Final = (400, 404, 415, 422, 500, 501)
_WITHOUT_A_WORD: Final = (400, 422)
_NO_MODEL: Final = re.compile(
    r"model_not_found|model.{0,80}(not (exist|found|available)|unknown)", re.IGNORECASE
)
_REFUSES: Final = re.compile(
    r"support|recogni[sz]ed|unknown|permitted|allowed|extra|unexpected|forbid|unavailable|implement|verified",
    re.IGNORECASE,
)
_SHAPE: Final = re.compile(
    r"response[_ ]format|json_?\s?(schema|object|mode)|text\.format|grammar", re.IGNORECASE
)
_THIS_SCHEMA: Final = re.compile(r"invalid[_ ](json_)?schema", re.IGNORECASE)
_STATE: Final = re.compile(r"encrypted|reasoning.{0,40}(item|required)|'?rs_", re.IGNORECASE)
_TOO_LONG: Final = re.compile(r"context|too (long|large|many)|token", re.IGNORECASE)
_ROLE: Final = re.compile(r"developer|\brole\b", re.IGNORECASE)
_LIMITS: Final = ("max_completion_tokens", "max_tokens")
# Fields of a request that a server may not know, and how a refusal names them. The inner one comes first.
_FIELDS: Final = {
    "reasoning.summary": re.compile(r"reasoning[._]summary|reasoning summar|'summary'", re.IGNORECASE),
    "reasoning.effort": re.compile(r"reasoning[._]effort|'effort'", re.IGNORECASE),
    "reasoning_effort": re.compile(r"reasoning_effort|reasoning effort", re.IGNORECASE),
    "reasoning": re.compile(r"\breasoning\b(?!\.encrypted)", re.IGNORECASE),
    "include": re.compile(r"\binclude\b|encrypted", re.IGNORECASE),
    "stream_options": re.compile(r"stream_options|include_usage", re.IGNORECASE),
    "parallel_tool_calls": re.compile(r"parallel_tool_calls|parallel tool call", re.IGNORECASE),
    "tool_choice": re.compile(r"tool_choice", re.IGNORECASE),
    "temperature": re.compile(r"temperature", re.IGNORECASE),
    "top_p": re.compile(r"top_p", re.IGNORECASE),
    "stop": re.compile(r"'stop'|\bstop\b", re.IGNORECASE),
    "prompt_cache_key": re.compile(r"prompt_cache_key", re.IGNORECASE),
    "store": re.compile(r"\bstore\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server's no, before anything of an answer came."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """What may be said to a server. It only ever gets poorer, so asking again comes to an end.

    Attributes:
        without: Fields that are left out, the inner ones with a dot.
        this_schema_fails: The schema at hand is not taken; others may be.
        without_state: Nothing of an earlier answer's state is sent; the next conversation may be all right.
    """

    api: Api
    structured: Literal["schema", "json", "none"]
    system_role: Literal["system", "developer", "user"]
    limit_name: str
    without: frozenset[str] = frozenset()
    limit_fixed: bool = False
    this_schema_fails: bool = False
    without_state: bool = False

    @property
    def lasting(self) -> "Dialect":
        """What is worth being remembered for the next request."""
        return replace(self, this_schema_fails=False, without_state=False)

    def role(self, role: Role) -> str:
        """What the speaker of a message is called."""
        return self.system_role if role is Role.SYSTEM else role.value

    def after(self, refusal: Refusal, body: Mapping[str, Any]) -> "Dialect | None":
        """How to ask for the same again after `body` was refused; None where nothing else is left to try."""
        if self.api == "responses" and refusal.status in _NOT_THERE and not _NO_MODEL.search(refusal.text):
            return replace(self, api="chat", without=frozenset())
        if refusal.status not in _REFUSED:
            return None
        for poorer in (self._plainer_words, self._fewer_fields, self._other_shape):
            dialect = poorer(refusal, body)
            if dialect is not None and dialect != self:
                return dialect
        return None

    def _plainer_words(self, refusal: Refusal, body: Mapping[str, Any]) -> "Dialect | None":
        text = refusal.text
        if self.system_role == "developer" and _ROLE.search(text):
            return replace(self, system_role="system")
        if not self.limit_fixed and self.limit_name in body and _names_limit(text, self.limit_name):
            return replace(self, limit_name=_other_limit(self.limit_name), limit_fixed=True)
        if not self.without_state and _holds_state(body) and _STATE.search(text):
            return replace(self, without_state=True)
        return None

    def _fewer_fields(self, refusal: Refusal, body: Mapping[str, Any]) -> "Dialect | None":
        if not _REFUSES.search(refusal.text):
            return None
        for name, told in _FIELDS.items():
            outer, _, inner = name.partition(".")
            value = body.get(outer)
            sent = outer in body and (not inner or (isinstance(value, Mapping) and inner in value))
            if sent and name not in self.without and told.search(refusal.text):
                return replace(self, without=self.without | {name})
        return None

    def _other_shape(self, refusal: Refusal, body: Mapping[str, Any]) -> "Dialect | None":
        shape = body.get("response_format") or body.get("text")
        if not shape or self.structured == "none":
            return None
        text = refusal.text
        unexplained = refusal.status in _WITHOUT_A_WORD and not _TOO_LONG.search(text)
        if not _SHAPE.search(text) and not unexplained:
            return None
        if "json_schema" not in str(shape):
            return replace(self, structured="none")
        if _THIS_SCHEMA.search(text):
            return replace(self, this_schema_fails=True)
        return replace(self, structured="json")


def _names_limit(text: str, name: str) -> bool:
    return _other_limit(name) in text or (name in text and bool(_REFUSES.search(text)))


def _other_limit(name: str) -> str:
    return _LIMITS[1] if name == _LIMITS[0] else _LIMITS[0]


def _holds_state(body: Mapping[str, Any]) -> bool:
    items = cast("list[Mapping[str, Any]]", body.get("input") or [])
    return any("encrypted_content" in item for item in items)
