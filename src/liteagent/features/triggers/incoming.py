"""What a request to a webhook says, and what a run is started with because of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.templates import names_of, render_value
from liteagent.infra.http import strict_json

__all__ = ["LARGEST_BODY", "Heard", "check_templates", "mapped", "read_body"]

LARGEST_BODY = 1024 * 1024
"""Bytes of the largest request to a webhook."""

_MOST_FIELDS = 1_000
_HIDDEN = frozenset({"authorization", "cookie", "proxy-authorization", "x-gitlab-token"})
_SCOPE = ("body", "headers", "query", "delivery", "moment", "trigger")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the templates of a trigger see.

    Attributes:
        body: Of the request; an empty object for a schedule.
        headers: In lower case, without credentials.
        moment: When it is due, or came: `2026-10-25T01:30:00Z`.
    """

    moment: str
    trigger: str
    delivery: str = ""
    body: JsonValue = None
    headers: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None

    def scope(self) -> dict[str, JsonValue]:
        """The names that expressions read."""
        headers = {name: value for name, value in (self.headers or {}).items() if name not in _HIDDEN}
        return {
            "body": {} if self.body is None else self.body,
            "headers": headers,
            "query": dict(self.query or {}),
            "delivery": self.delivery,
            "moment": self.moment,
            "trigger": {"name": self.trigger},
        }


def read_body(media_type: str, raw: bytes) -> JsonValue:
    """A body as data: JSON as it is, a form as an object, a text as text; None for no body.

    Raises:
        InvalidInputError: It is not what it is declared as.
        HTTPException: 415, it is declared as something else.
    """
    main, _, sub = media_type.partition("/")
    if not raw:
        return None
    if media_type == "application/x-www-form-urlencoded":
        return _form(_text(raw))
    if main == "text":
        return _text(raw)
    if media_type in ("", "application/json") or (main == "application" and sub.endswith("+json")):
        return strict_json.parse(raw)
    raise HTTPException(415, "Send JSON, a form (application/x-www-form-urlencoded) or text.")


def mapped(inputs: JsonObject | None, heard: Heard, *, is_agent: bool) -> dict[str, Any]:
    """What a run is started with: the trigger's inputs with their templates filled in, or else the body.

    Raises:
        InvalidInputError: An expression has no value for this request.
    """
    scope = heard.scope()
    if inputs is not None:
        return {name: render_value(value, scope) for name, value in inputs.items()}
    body = heard.body
    if is_agent:
        message = body.get("message") if isinstance(body, dict) else None
        text = message if isinstance(message, str) else body
        return {"message": text if isinstance(text, str) else strict_json.canonical(body).decode()}
    if body is None:
        return {}
    return dict(body) if isinstance(body, dict) else {"body": body}


def check_templates(inputs: JsonObject) -> None:
    """Make sure that the templates can be read and name only what there is.

    Raises:
        InvalidInputError: One cannot; the details say where.
    """
    for name, value in inputs.items():
        try:
            unknown = sorted({path[0] for path in names_of(value) if path[0] not in _SCOPE})
        except InvalidInputError as error:
            error.details["field"] = f"inputs.{name}"
            raise
        if unknown:
            raise InvalidInputError(
                f"Input {name!r} reads {unknown[0]!r}. A trigger knows {', '.join(_SCOPE)}.",
                details={"field": f"inputs.{name}"},
            )


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError("The body is not UTF-8. Send it as UTF-8.") from None
    if "\x00" in text:
        raise InvalidInputError("The body contains a NUL character. Remove it.")
    return text


def _form(text: str) -> dict[str, JsonValue]:
    try:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise InvalidInputError(f"The form has more than {_MOST_FIELDS} fields, or is no form.") from None
    found: dict[str, Any] = {}
    for name, value in fields:
        if "\x00" in name or "\x00" in value:
            raise InvalidInputError("The form contains a NUL character. Remove it.")
        before = found.get(name)
        found[name] = (
            value if before is None else [*(before if isinstance(before, list) else [before]), value]
        )
    return found
