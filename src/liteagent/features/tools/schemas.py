"""Sources of tools as the API takes and shows them. Headers go in and come out masked."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from liteagent.contracts.runs import Safety
from liteagent.infra.http.schemas import Body, Name, View, http_url

__all__ = [
    "CallBody",
    "CallView",
    "SourceBody",
    "SourceList",
    "SourcePatch",
    "SourceView",
    "ToolPatch",
    "ToolState",
    "ToolView",
]

ToolState = Literal["ready", "new", "changed", "missing"]
"""`new`: found after the source was set up, and not yet accepted; `changed`: its description or schema is not
the accepted one; `missing`: its origin has it no more."""

_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def _are_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ValueError("the name of a header may hold letters, digits and hyphens only")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} holds a line break or a character outside of Latin-1")
    return headers


_Url = Annotated[str, Field(max_length=2000), http_url("url", "use headers")]
_Slug = Annotated[str, Field(min_length=1, max_length=24, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
_Headers = Annotated[
    dict[str, Annotated[str, Field(max_length=8000)]],
    Field(max_length=20, description="Sent with each request to the source, and to nobody else."),
    AfterValidator(_are_headers),
]
_ToolName = Annotated[str, Field(min_length=1, max_length=200)]
_Allowed = Annotated[
    list[_ToolName] | None,
    Field(max_length=1000, description="Tools that agents may be given, by the source's names; null: all."),
]
_Approvals = Annotated[
    dict[_ToolName, bool],
    Field(
        max_length=1000,
        description="Whether a person approves each call, by tool. One that is not named asks if it writes.",
    ),
]


class SourceBody(Body):
    """A source of tools to create; nothing is connected before it is refreshed."""

    name: Name
    slug: _Slug | None = Field(
        default=None, description="Begins its tools' names: `<slug>__<tool>`. Made from the name if left out."
    )
    source_type: Annotated[str, Field(min_length=1, max_length=32, description="mcp or openapi.")]
    url: _Url | None = None
    headers: _Headers = Field(default={})
    options: dict[str, Any] = Field(
        default={},
        description="mcp: `server` (one of the operator's, in place of `url`), `timeout` in seconds. "
        "openapi: `document` (in place of `url`), `server` (where the API is).",
    )
    allowed: _Allowed = None
    approvals: _Approvals = Field(default={})


class SourcePatch(Body):
    """What to change of a source; what is left out stays. `headers`, `options` and the like are replaced."""

    name: Name | None = None
    url: _Url | None = None
    headers: _Headers | None = None
    options: dict[str, Any] | None = None
    allowed: _Allowed = None
    approvals: _Approvals | None = None


class ToolPatch(Body):
    """What to change of one tool."""

    tool: _ToolName
    allowed: bool | None = Field(default=None, description="Whether agents may be given it.")
    approval: bool | None = Field(default=None, description="Whether a person approves each call.")
    accept: bool = Field(default=False, description="Take its description and schema as they are now.")


class ToolView(View):
    """A tool of a source."""

    name: str = Field(description="What agents and models call it by.")
    tool: str = Field(description="What its source calls it.")
    description: str
    parameters: dict[str, Any]
    effect: Safety
    approval: bool = Field(description="Whether a person approves each call.")
    traits: list[str]
    allowed: bool
    state: ToolState
    accepted: dict[str, Any] | None = Field(
        default=None, description="For a changed one: what models are still told of it."
    )


class SourceView(View):
    """A source of tools; its headers are masked."""

    id: str
    name: str
    slug: str
    source_type: str
    url: str | None
    headers: dict[str, str] = Field(description="Masked: the last four characters at most.")
    options: dict[str, Any]
    allowed: list[str] | None
    approvals: dict[str, bool]
    refreshed_at: datetime | None
    error: dict[str, Any] | None
    tools: list[ToolView]
    created_at: datetime
    updated_at: datetime


class SourceList(View):
    """A page of sources, newest first."""

    items: list[SourceView]
    next_cursor: str | None = None


class CallBody(Body):
    """A call to try."""

    tool: _ToolName
    arguments: dict[str, Any] = Field(default={})


class CallView(View):
    """How a call went."""

    ok: bool
    latency_ms: int
    result: Any = None
    error: dict[str, Any] | None = None
