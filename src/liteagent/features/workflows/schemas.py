"""Workflows as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from liteagent.infra.http.schemas import Body, View

__all__ = [
    "ConversionView",
    "ConvertBody",
    "ProblemView",
    "PublishBody",
    "StartBody",
    "ValidationView",
    "VersionList",
    "VersionSummary",
    "VersionView",
    "WorkflowList",
    "WorkflowSummary",
    "WorkflowView",
]

_Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class WorkflowSummary(View):
    """A workflow without its document."""

    id: str
    slug: str = Field(description="The document's `id`; unique in the workspace.")
    name: str
    description: str
    version: int = Field(description="Number of the newest version.")
    published_version: int | None = Field(description="What runs take; null: they take the newest.")
    created_at: datetime
    updated_at: datetime


class WorkflowView(WorkflowSummary):
    """A workflow and the document of its newest version."""

    document: dict[str, Any]


class WorkflowList(View):
    """A page of workflows, newest first."""

    items: list[WorkflowSummary]
    next_cursor: str | None = None


class VersionSummary(View):
    """A version without its document."""

    version: int
    published: bool
    content_hash: str = Field(description="SHA-256 of the canonical document.")
    created_by: str
    created_at: datetime


class VersionView(VersionSummary):
    """A version."""

    document: dict[str, Any]


class VersionList(View):
    """A page of a workflow's versions, newest first."""

    items: list[VersionSummary]
    next_cursor: str | None = None


class PublishBody(Body):
    """Which version runs are to take; the newest if left out."""

    version: _Version | None = None


class StartBody(Body):
    """What a run starts with; `stream` answers with server-sent events instead of JSON."""

    inputs: dict[str, JsonValue] = Field(default={}, max_length=1000)
    stream: bool = False
    version: _Version | None = Field(default=None, description="Left out: the published one, or the newest.")


class ProblemView(View):
    """One thing that is wrong with a document."""

    node: str = Field(description="Path of the node, `each/classify` inside a body; empty for the whole.")
    field: str = Field(description="Path in the document: `nodes.check.when`.")
    code: str
    message: str
    severity: str = Field(description="`error`, or `warning` for what does not keep it from running.")
    line: int | None = Field(default=None, description="In the YAML that was sent, from 1.")
    column: int | None = None


class ValidationView(View):
    """What is wrong with a document. It is `valid` when no problem is an error."""

    valid: bool
    problems: list[ProblemView]


class ConvertBody(Body):
    """A flow document and the face that is wanted of it."""

    document: dict[str, JsonValue] | str = Field(description="As JSON, or a text that is YAML.")
    to: Literal["yaml", "python", "json"]


class ConversionView(View):
    """A flow document's text in one of its faces."""

    to: str
    text: str
