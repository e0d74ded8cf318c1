"""Requests of clients, read and checked."""

from typing import Any, cast, get_args

from starlette.requests import Request

from liteagent_sandbox.json_text import NotJsonError, nested_too_deep, parsed
from liteagent_sandbox.protocol import JsonValue, Language, Limits, RunRequest
from liteagent_sandbox.settings import Settings

__all__ = ["BadRequestError", "read"]

_LANGUAGES = get_args(Language)
_ENVELOPE = 65_536
_ESCAPED = 6  # the most characters that JSON takes for one


class BadRequestError(Exception):
    """A request that cannot be run; its status and what to do about it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


async def read(request: Request, settings: Settings) -> RunRequest:
    """What a client asks for.

    Raises:
        BadRequestError: It is too large, is not JSON, or does not say what to run.
    """
    try:
        body: Any = parsed(_bounded(await _body(request, settings), settings))
    except NotJsonError:
        raise BadRequestError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("the body has to be a JSON object")
    return _understood(cast("dict[str, Any]", body))


async def _body(request: Request, settings: Settings) -> bytes:
    limit = _ESCAPED * (settings.code_bytes + settings.inputs_bytes) + _ENVELOPE
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise BadRequestError(f"the body is larger than {limit} bytes", 413)
        parts.append(part)
    return b"".join(parts)


def _bounded(text: bytes, settings: Settings) -> bytes:
    """The text, unless reading it would take long and be in vain."""
    if text.count(b"[") + text.count(b"{") > settings.code_bytes + settings.inputs_bytes:
        raise BadRequestError("the inputs have too many lists and objects", 413)
    if nested_too_deep(text, settings.depth + 2):
        raise BadRequestError(f"the inputs are nested deeper than {settings.depth} levels")
    return text


def _understood(body: dict[str, Any]) -> RunRequest:
    language = _text(body, "language")
    if language not in _LANGUAGES:
        raise BadRequestError("unsupported language")
    code = _text(body, "code")
    if not code and language != "jinja2":
        raise BadRequestError("`code` is missing")
    inputs = body.get("inputs")
    if inputs is not None and not isinstance(inputs, dict):
        raise BadRequestError("`inputs` has to be an object: the arguments by name")
    enable_network = body.get("enable_network") or False
    if not isinstance(enable_network, bool):
        raise BadRequestError("`enable_network` has to be true or false")
    return RunRequest(
        language=cast("Language", language),
        code=code,
        inputs=cast("dict[str, JsonValue] | None", inputs),
        preload=_text(body, "preload"),
        enable_network=enable_network,
        limits=_limits(body.get("limits")),
    )


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequestError(f"`{name}` has to be a text")
    return value


def _limits(value: object) -> Limits:
    if value is None:
        return Limits()
    if not isinstance(value, dict):
        raise BadRequestError("`limits` has to be an object: wall, cpu in seconds, mem in bytes")
    found: dict[str, Any] = {}
    for name, each in cast("dict[str, object]", value).items():
        if name not in ("wall", "cpu", "mem"):
            raise BadRequestError(f"there is no limit {name!r}; there are wall, cpu and mem")
        if each is None:
            continue
        if isinstance(each, bool) or not isinstance(each, int | float) or not 0 < each < float("inf"):
            raise BadRequestError(f"the limit {name} has to be a number above 0")
        found[name] = int(each) if name == "mem" else each
    return Limits(**found)
