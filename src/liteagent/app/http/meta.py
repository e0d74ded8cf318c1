"""`/api/meta`: what this installation is and what it can be configured with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from liteagent.contracts.identity import Principal
from liteagent.infra.http.dependencies import CurrentPrincipal
from liteagent.infra.http.route import ApiRoute, PublicRoute
from liteagent.infra.http.schemas import View

__all__ = [
    "Meta",
    "MetaView",
    "NodeTypeList",
    "NodeTypeView",
    "PartDescription",
    "PartList",
    "ToolDescription",
    "ToolDescriptionList",
    "router",
]


class PartDescription(View):
    """Something that can be configured, and the JSON Schema of its configuration."""

    name: str
    description: str = ""
    config_schema: dict[str, Any]


class ToolDescription(PartDescription):
    """A tool, and the JSON Schema of its arguments."""

    effect: str = Field(description="safe, idempotent or unsafe: what may be done about an interrupted call.")
    approval: bool = Field(description="Whether a person approves each call.")
    reads_with: dict[str, Any] = Field(
        default={}, description="Arguments with which a call only reads, and asks nobody."
    )
    traits: list[str] = Field(
        default=[], description="What it brings into an agent: untrusted_input, private_data, outside_effect."
    )


class ToolDescriptionList(View):
    """Every tool."""

    items: list[ToolDescription]


class PartList(View):
    """Every part of one kind."""

    items: list[PartDescription]


class NodeTypeView(View):
    """A type of node, and the JSON Schemas of what it takes and gives."""

    type: str
    summary: str
    group: str = Field(description="Where a canvas shows it: flow, model, data, outside or people.")
    labels: list[str] = Field(
        description="Outcomes that edges may name, besides `error`; those that a config names come on top."
    )
    config_schema: dict[str, Any]
    output_schema: dict[str, Any] = Field(description="Empty where it depends on the config.")


class NodeTypeList(View):
    """Every type of node."""

    items: list[NodeTypeView]


class MetaView(View):
    """The installation."""

    name: str
    version: str
    edition: dict[str, str]
    setup_needed: bool


async def _always() -> bool:
    return True


def _none() -> Sequence[NodeTypeView]:
    return ()


async def _no_tools(_principal: Principal) -> Sequence[ToolDescription]:
    return ()


@dataclass(frozen=True, slots=True)
class Meta:
    """What the application is told about itself.

    Attributes:
        source_types: What data sources can be made of.
        embedding_types: The kinds of embedding models.
        edition: Facts such as `{"mode": "embedded", "database": "sqlite"}`.
        tools: Gives the tools of whoever asks.
        node_types: Gives the node types; asked when somebody wants to know, as they take a while to load.
        has_users: Whether anybody was set up yet.
    """

    version: str
    edition: Mapping[str, str] = field(default_factory=dict[str, str])
    provider_types: Sequence[PartDescription] = ()
    source_types: Sequence[PartDescription] = ()
    embedding_types: Sequence[PartDescription] = ()
    tools: Callable[[Principal], Awaitable[Sequence[ToolDescription]]] = _no_tools
    node_types: Callable[[], Sequence[NodeTypeView]] = _none
    has_users: Callable[[], Awaitable[bool]] = _always


_public = APIRouter(prefix="/api/meta", tags=["meta"], route_class=PublicRoute)
_known = APIRouter(prefix="/api/meta", tags=["meta"], route_class=ApiRoute)


@_public.get("")
async def get_meta(request: Request) -> MetaView:
    """Name, version and edition, and whether the first user is still to be made."""
    meta: Meta = request.app.state.meta
    needed = not await meta.has_users()
    return MetaView(name="LiteAgent", version=meta.version, edition=dict(meta.edition), setup_needed=needed)


@_known.get("/provider-types")
async def get_provider_types(request: Request) -> PartList:
    """The kinds of model providers, each with the JSON Schema of its configuration."""
    meta: Meta = request.app.state.meta
    return PartList(items=list(meta.provider_types))


@_known.get("/source-types")
async def get_source_types(request: Request) -> PartList:
    """The kinds of data sources, each with the JSON Schema of what its `config` may say."""
    meta: Meta = request.app.state.meta
    return PartList(items=list(meta.source_types))


@_known.get("/embedding-types")
async def get_embedding_types(request: Request) -> PartList:
    """The kinds of embedding models, each with the JSON Schema of a data source's `embedding`."""
    meta: Meta = request.app.state.meta
    return PartList(items=list(meta.embedding_types))


@_known.get("/node-types")
async def get_node_types(request: Request) -> NodeTypeList:
    """The types of nodes that flows are made of, each with the JSON Schema of its config."""
    meta: Meta = request.app.state.meta
    return NodeTypeList(items=list(await to_thread.run_sync(meta.node_types)))


@_known.get("/tools")
async def get_tools(request: Request, principal: CurrentPrincipal) -> ToolDescriptionList:
    """The tools that agents can be given: the built-in ones, and those of the workspace's sources."""
    meta: Meta = request.app.state.meta
    return ToolDescriptionList(items=list(await meta.tools(principal)))


router = APIRouter()
router.include_router(_public)
router.include_router(_known)
