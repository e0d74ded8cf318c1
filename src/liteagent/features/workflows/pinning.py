"""What a run of a workflow stands on, fixed at its start: children, agents, providers, data sources.

What is edited later changes no run that has begun. A node's pin stands under its id; those of a child
workflow's nodes stand under `nodes` in the pin of the node that calls it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias, cast

from liteagent.contracts.errors import LiteAgentError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject, JsonValue, dump
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.workflow.levels import Placed, levels
from liteagent.engine.workflow.opening import PinnedWorkflow
from liteagent.engine.workflow.problems import Problem, invalid
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.features.agents.service import AgentService, PinnedAgent
from liteagent.features.knowledge.service import DataSourceService
from liteagent.features.llm_providers.service import ProviderRef, ProviderService
from liteagent.features.tools.pinned import PinnedTool
from liteagent.features.tools.service import ToolService
from liteagent.features.workflows.children import children
from liteagent.infra.db.database import Database

__all__ = ["Pinning"]

_PAGE = 200
_MOST_NODES = 10_000
_MODELS = frozenset({"llm", "classify", "extract"})

_Pins: TypeAlias = dict[str, JsonValue]


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class _Listed(Protocol):
    @property
    def items(self) -> Sequence[_Named]: ...
    @property
    def next_cursor(self) -> str | None: ...


class _UnresolvedError(Exception):
    """A node names something that is not there; `field` is the field that does."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message


class Pinning:
    """Fixes what workflows name, in the workspace of whoever starts a run.

    Args:
        tools: Names of the tools that `tool` nodes may call without a pin.
        catalog: Every other tool.
    """

    def __init__(
        self,
        database: Database,
        agents: AgentService,
        providers: ProviderService,
        datasources: DataSourceService,
        tools: Collection[str] = (),
        catalog: ToolService | None = None,
    ) -> None:
        self._database = database
        self._agents = agents
        self._providers = providers
        self._datasources = datasources
        self._tools = frozenset(tools)
        self._catalog = catalog

    async def pinned(self, principal: Principal, definition: WorkflowDefinition) -> PinnedWorkflow:
        """The workflow with everything that a run of it needs.

        Raises:
            InvalidInputError: A node names something that is not there; `details["problems"]` has node and
                field of each.
        """
        found = await self._database.read(lambda session: children(session, principal, definition))
        work = _Work(self, principal, found)
        pins = await work.pins(definition, (definition.id,), None)
        if work.problems:
            raise invalid(work.problems)
        return PinnedWorkflow(definition, work.workflows, pins)

    async def agent(self, principal: Principal, name: str) -> PinnedAgent:
        """The agent of that slug or id, as it is now."""
        found = await self._agents.find(principal, name)
        if found is None:
            raise _unknown("agent", "agent", name)
        return await self._agents.pin(principal, found.id)

    async def provider(self, principal: Principal, config: JsonObject) -> ProviderRef:
        """The provider that a node's config names, or the default one, and the model that it names."""
        provider_id: str | None = None
        if isinstance(name := config.get("provider"), str):
            provider_id = await _id_of(
                "provider",
                "provider",
                name,
                lambda cursor: self._providers.list(principal, limit=_PAGE, cursor=cursor),
            )
        ref = await self._providers.pin(principal, provider_id)
        model = config.get("model")
        return replace(ref, model=model) if isinstance(model, str) else ref

    async def datasources(self, principal: Principal, field: str, names: Sequence[str]) -> list[str]:
        """The ids of the data sources of these names or ids."""
        return [
            await _id_of(
                field,
                "data source",
                name,
                lambda cursor: self._datasources.list(principal, limit=_PAGE, cursor=cursor),
            )
            for name in names
        ]

    async def tool(self, principal: Principal, name: str) -> PinnedTool | None:
        """The tool of that name; None for one that needs no pin."""
        if name in self._tools:
            return None
        if self._catalog is None or name.endswith("*"):
            known = ", ".join(sorted(self._tools)) or "none"
            raise _UnresolvedError("tool", "unknown_tool", f"There is no tool {name!r}. Known: {known}.")
        try:
            (pinned,) = await self._catalog.pin(principal, [name])
        except NotFoundError as error:
            raise _UnresolvedError("tool", "unknown_tool", error.message) from None
        except LiteAgentError as error:
            raise _UnresolvedError("tool", error.error_code, error.message) from None
        if pinned.changed:
            message = f"The tool {name!r} has changed at its source. Look at it and accept it first."
            raise _UnresolvedError("tool", "tool_changed", message)
        return pinned


@dataclass(slots=True)
class _Work:
    """One start's pins, and what could not be found."""

    pinning: Pinning
    principal: Principal
    workflows: Mapping[str, WorkflowDefinition]
    problems: list[Problem] = field(default_factory=list[Problem])
    nodes: int = 0

    async def pins(
        self, definition: WorkflowDefinition, callers: tuple[str, ...], called_by: Placed | None
    ) -> _Pins:
        """The pins of a workflow's nodes; problems of a child's are told of the node that calls it."""
        found: _Pins = {}
        for placed in (each for level in levels(definition) for each in level.nodes()):
            self.nodes += 1
            try:
                pin = await self._pin(placed, callers, called_by)
            except _UnresolvedError as error:
                self._tell(placed, callers, called_by, error)
            except LiteAgentError as error:
                why = _UnresolvedError("", error.error_code, error.message)
                self._tell(placed, callers, called_by, why)
            else:
                if pin is not None:
                    found[placed.node.id] = pin
        return found

    async def _pin(
        self, placed: Placed, callers: tuple[str, ...], called_by: Placed | None
    ) -> JsonValue | None:
        config = placed.node.config
        match placed.node.type:
            case "agent":
                return dump(await self._agent(placed.node.id, config))
            case "workflow":
                return await self._child(placed, callers, called_by or placed)
            case "retrieve" | "document":
                return await self._sources(config)
            case "tool":
                pinned = await self.pinning.tool(self.principal, str(config.get("tool")))
                return None if pinned is None else dump(pinned)
            case kind if kind in _MODELS:
                return dump(await self.pinning.provider(self.principal, config))
            case _:
                return None

    async def _agent(self, node_id: str, config: JsonObject) -> PinnedAgent:
        if isinstance(name := config.get("agent"), str):
            return await self.pinning.agent(self.principal, name)
        provider = await self.pinning.provider(self.principal, config)
        own = ("max_steps", "max_output_tokens", "temperature")
        limits: dict[str, Any] = {each: config[each] for each in own if config.get(each) is not None}
        purpose = str(config.get("purpose") or "")
        return PinnedAgent("", AgentDefinition(name=node_id, purpose=purpose, **limits), provider, ())

    async def _sources(self, config: JsonObject) -> JsonValue:
        if isinstance(name := config.get("datasource"), str):
            (found,) = await self.pinning.datasources(self.principal, "datasource", [name])
            return {"datasource_id": found}
        names = cast("Sequence[str]", config.get("datasources") or ())
        return {"datasource_ids": await self.pinning.datasources(self.principal, "datasources", names)}

    async def _child(self, placed: Placed, callers: tuple[str, ...], called_by: Placed) -> JsonValue:
        name = str(placed.node.config.get("workflow"))
        child = self.workflows.get(name)
        if child is None:
            message = f"There is no workflow {name!r} in this workspace. Create it, or correct the id."
            raise _UnresolvedError("workflow", "workflow_not_found", message)
        if child.id in callers:
            chain = " -> ".join((*callers, child.id))
            message = f"A flow cannot call itself: {chain}. Use a loop node to repeat something."
            raise _UnresolvedError("workflow", "workflow_cycle", message)
        if self.nodes > _MOST_NODES:
            message = f"The flows that it calls have more than {_MOST_NODES:,} nodes in all. Call fewer."
            raise _UnresolvedError("workflow", "too_large", message)
        return {"nodes": await self.pins(child, (*callers, child.id), called_by)}

    def _tell(
        self, placed: Placed, callers: tuple[str, ...], called_by: Placed | None, error: _UnresolvedError
    ) -> None:
        if called_by is None:
            self.problems.append(placed.problem(error.field, error.code, error.message))
            return
        inside = f"In the flow {callers[-1]!r}, node {placed.path!r}: {error.message}"
        self.problems.append(called_by.problem("workflow", error.code, inside))


async def _id_of(field: str, what: str, name: str, page: Callable[[str | None], Awaitable[_Listed]]) -> str:
    """The id of what has this name or id; of several with one name the oldest counts."""
    ids: dict[str, str] = {}
    cursor: str | None = None
    while True:
        listed = await page(cursor)
        for each in listed.items:
            ids[each.name] = each.id
            if each.id == name:
                return each.id
        cursor = listed.next_cursor
        if cursor is None:
            break
    if name not in ids:
        raise _unknown(field, what, name)
    return ids[name]


def _unknown(field: str, what: str, name: str) -> _UnresolvedError:
    message = f"There is no {what} {name!r} in this workspace. Name one by its name or id, or add it."
    return _UnresolvedError(field, f"{what.replace(' ', '')}_not_found", message)
