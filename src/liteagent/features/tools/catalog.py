"""Every tool that a workspace's runs can be given, pinned when they begin and found when they are called."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConflictError, LiteAgentError, NotFoundError, ToolError
from liteagent.contracts.identity import Principal
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolDefinition
from liteagent.features.tools import repository
from liteagent.features.tools.builtin import BuiltinTools
from liteagent.features.tools.found import Found, FoundTool, fingerprint
from liteagent.features.tools.models import FoundToolRow, ToolSourceRow
from liteagent.features.tools.opening import OpenSources
from liteagent.features.tools.pinned import OpenedTool, PinnedTool
from liteagent.infra.db.database import Database

__all__ = ["ToolCatalog"]

_ALL = "*"


class ToolCatalog:
    """The built-in tools, and those of a workspace's sources.

    Args:
        database: Knows the sources and what was found there.
        builtin: What every workspace has.
        opener: Opens sources.
    """

    def __init__(self, database: Database, builtin: BuiltinTools, opener: OpenSources) -> None:
        self._database = database
        self._builtin = builtin
        self._opener = opener

    async def pin(self, principal: Principal, names: Iterable[str]) -> tuple[PinnedTool, ...]:
        """The tools of these names as they are now, each once; `<slug>__*` is all that a source offers.

        Raises:
            NotFoundError: `tool_not_found`: there is no tool, or no source, of that name.
            ConflictError: `tool_not_offered`: nobody has allowed or accepted it, or its source lost it.
        """
        wanted = tuple(dict.fromkeys(names))
        own = [pin for name in wanted if (pin := self._pinned_builtin(name)) is not None]
        foreign = [name for name in wanted if name not in {pin.definition.name for pin in own}]
        if not foreign:
            return tuple(own)
        found = await self._database.read(lambda session: list(_named(session, principal, foreign)))
        return (*own, *{pin.definition.name: pin for pin in map(_pinned, found)}.values())

    def open(self, workspace_id: str, pinned: Iterable[PinnedTool]) -> Sequence[Tool]:
        """The tools that a run has pinned. Nothing is connected before one is called."""
        finder = _Finder(self._database, self._builtin, self._opener, workspace_id)
        return [OpenedTool(each, finder.find) for each in pinned]

    async def definitions(self, principal: Principal) -> list[ToolDefinition]:
        """Every tool that can be given to an agent of this workspace."""

        def offered(session: Session) -> list[ToolDefinition]:
            return [tool.definition for found in _found(session, principal) for tool in found.offered]

        return [*self._builtin.definitions(), *await self._database.read(offered)]

    def _pinned_builtin(self, name: str) -> PinnedTool | None:
        tool = self._builtin.get(name)
        return None if tool is None else PinnedTool(tool.definition)


class _Finder:
    """Finds what a pinned tool stands for, in the workspace of the run that calls it."""

    def __init__(
        self, database: Database, builtin: BuiltinTools, opener: OpenSources, workspace_id: str
    ) -> None:
        self._database = database
        self._builtin = builtin
        self._opener = opener
        self._principal = Principal(workspace_id)

    async def find(self, pinned: PinnedTool) -> Tool:
        """The tool.

        Raises:
            ToolError: It is gone, was forbidden, or does something else than what was pinned.
        """
        name = pinned.definition.name
        if pinned.source_id is None:
            tool = self._builtin.get(name)
        else:
            tool = await self._of_source(pinned, pinned.source_id)
        if tool is None:
            raise ToolError(f"The tool {name!r} is not there any more.", code="tool_gone")
        return tool

    async def _of_source(self, pinned: PinnedTool, source_id: str) -> Tool | None:
        try:
            row = await self._database.read(
                lambda session: repository.get(session, self._principal, source_id)
            )
            if row.allowed is not None and pinned.tool not in row.allowed:
                raise ToolError(
                    f"The tool {pinned.definition.name!r} is not allowed any more.", code="tool_forbidden"
                )
            tool = (await self._opener.known(row)).get(pinned.tool)
        except ToolError:
            raise
        except LiteAgentError as error:
            raise ToolError(error.message, code=error.error_code) from None
        if tool is not None:
            _require_unchanged(pinned, tool.definition)
        return tool


def _require_unchanged(pinned: PinnedTool, live: ToolDefinition) -> None:
    """A call that changes something is not made by a tool that has become another one."""
    only_reads = live.effect is Safety.SAFE and pinned.definition.effect is Safety.SAFE
    if not only_reads and fingerprint(live) != pinned.fingerprint:
        raise ToolError(
            f"The tool {pinned.definition.name!r} has changed at its source since it was pinned. Refresh the "
            "source, look at the change, and start again.",
            code="tool_changed",
        )


def _found(session: Session, principal: Principal, slugs: Collection[str] | None = None) -> list[Found]:
    rows: Sequence[ToolSourceRow] = repository.all_sources(session, principal, slugs)
    found: Mapping[str, list[FoundToolRow]] = repository.found(session, [row.id for row in rows])
    return [Found.of(row, found[row.id]) for row in rows]


def _named(session: Session, principal: Principal, names: Sequence[str]) -> Iterator[FoundTool]:
    sources = _found(session, principal, {name.partition("__")[0] for name in names})
    by_slug = {found.slug: found for found in sources}
    by_name = {tool.name: tool for found in sources for tool in found.tools}
    for name in names:
        slug, _, rest = name.partition("__")
        if rest == _ALL and slug in by_slug:
            yield from by_slug[slug].offered
        elif name in by_name:
            yield _offered(by_name[name])
        else:
            raise NotFoundError(
                f"There is no tool {name!r}. GET /api/meta/tools lists those there are; a source has tools "
                "once it was refreshed.",
                code="tool_not_found",
            )


def _offered(tool: FoundTool) -> FoundTool:
    if not tool.allowed:
        raise _refused(tool, "is not allowed; allow it with PATCH /api/tools/{id}/tools")
    if tool.state == "new":
        raise _refused(tool, "is new at its source; accept it with PATCH /api/tools/{id}/tools")
    if tool.state == "missing":
        raise _refused(tool, "is not at its source any more")
    return tool


def _refused(tool: FoundTool, why: str) -> ConflictError:
    return ConflictError(f"The tool {tool.name!r} {why}.", code="tool_not_offered")


def _pinned(tool: FoundTool) -> PinnedTool:
    return PinnedTool(
        tool.definition, tool.source.id, tool.row.name, tool.row.fingerprint, tool.state == "changed"
    )
