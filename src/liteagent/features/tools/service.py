"""Sources of tools of a workspace, and the tools that runs are given."""

import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import InvalidInputError, LiteAgentError
from liteagent.contracts.identity import Principal
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolContext, ToolDefinition, ToolResult
from liteagent.features.tools import repository
from liteagent.features.tools.catalog import ToolCatalog
from liteagent.features.tools.found import accept, settle
from liteagent.features.tools.models import ToolSourceRow
from liteagent.features.tools.opening import OpenSources
from liteagent.features.tools.pinned import PinnedTool
from liteagent.features.tools.schemas import (
    CallBody,
    CallView,
    SourceBody,
    SourceList,
    SourcePatch,
    SourceView,
    ToolPatch,
)
from liteagent.features.tools.views import source_view
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["ToolService"]

_LONGEST_SLUG = 20
"""Of one that is made from a name: what is left is for a number."""


class ToolService:
    """Sources of tools of a workspace.

    Args:
        database: Where they are kept.
        catalog: What runs are given of them.
        opener: Opens them.
        clock: For the time of a refresh.
        new_id: Makes ids.
    """

    def __init__(
        self, database: Database, catalog: ToolCatalog, opener: OpenSources, clock: Clock, new_id: IdSource
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._opener = opener
        self._clock = clock
        self._new_id = new_id

    async def pin(self, principal: Principal, names: Iterable[str]) -> tuple[PinnedTool, ...]:
        """The tools of these names as they are now; see `ToolCatalog.pin`.

        Raises:
            NotFoundError: `tool_not_found`.
            ConflictError: `tool_not_offered`.
        """
        return await self._catalog.pin(principal, names)

    def open(self, workspace_id: str, pinned: Iterable[PinnedTool]) -> Sequence[Tool]:
        """The tools that a run has pinned. Nothing is connected before one is called."""
        return self._catalog.open(workspace_id, pinned)

    async def definitions(self, principal: Principal) -> list[ToolDefinition]:
        """Every tool that can be given to an agent of this workspace."""
        return await self._catalog.definitions(principal)

    async def create(
        self, principal: Principal, body: SourceBody, token: IdempotencyToken | None = None
    ) -> SourceView:
        """Add a source; nothing is connected yet.

        Raises:
            InvalidInputError: There is no such type, or something is missing.
            ConflictError: The slug is taken.
        """
        self._check(body.source_type, body.url, body.headers, body.options)

        def insert(session: Session) -> SourceView:
            source_id = claim(session, principal, token, self._new_id())
            if session.get(ToolSourceRow, source_id) is None:
                self._insert(session, principal, source_id, body)
            return self._view(session, repository.get(session, principal, source_id))

        return await self._database.write(insert)

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> SourceList:
        """A page of the workspace's sources."""

        def find(session: Session) -> SourceList:
            page = repository.sources(session, principal, limit=limit, cursor=cursor)
            found = repository.found(session, [row.id for row in page.items])
            items = [source_view(self._opener, row, found[row.id]) for row in page.items]
            return SourceList(items=items, next_cursor=page.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, source_id: str) -> SourceView:
        """One source with its tools.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: self._view(session, repository.get(session, principal, source_id))
        )

    async def update(self, principal: Principal, source_id: str, body: SourcePatch) -> SourceView:
        """Change what the body names. One that leads elsewhere then has no tools until it is refreshed.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: It would lead to another server with the headers of the old one, or nowhere.
        """

        def change(session: Session) -> SourceView:
            row = repository.get(session, principal, source_id)
            values = body.model_dump(exclude_unset=True, exclude={"headers"})
            before = _place(row)
            for name, value in values.items():
                if value is not None or name in ("allowed", "url"):
                    setattr(row, name, value)
            if body.headers is not None:
                row.headers = self._opener.seal(row.id, body.headers)
            self._check(row.source_type, row.url, self._opener.unseal(row), row.options)
            if _place(row) != before:
                _moved(session, row, body)
            session.flush()
            return self._view(session, row)

        changed = await self._database.write(change)
        await self._opener.close(source_id)
        return changed

    async def delete(self, principal: Principal, source_id: str) -> None:
        """Forget a source; agents that name its tools cannot begin a turn until they are changed.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, source_id))
        )
        await self._opener.close(source_id)

    async def refresh(self, principal: Principal, source_id: str) -> SourceView:
        """Ask the source for its tools. What is new or has changed is not taken before it is accepted.

        Raises:
            NotFoundError: Not in this workspace.
            ToolError: The source cannot be reached or used; it is kept with the source, too.
        """
        row = await self._database.read(lambda session: repository.get(session, principal, source_id))
        try:
            definitions = [tool.definition for tool in (await self._opener.found(row)).values()]
        except LiteAgentError as error:
            told = dict(error.to_json())
            await self._database.write(
                lambda session: setattr(repository.get(session, principal, source_id), "error", told)
            )
            raise
        return await self._database.write(
            lambda session: self._settle(session, principal, source_id, definitions)
        )

    async def change_tool(self, principal: Principal, source_id: str, body: ToolPatch) -> SourceView:
        """Allow or forbid a tool, say whether it asks, or accept it as it is now.

        Raises:
            NotFoundError: The source is not in this workspace, or has no such tool.
        """

        def change(session: Session) -> SourceView:
            source = repository.get(session, principal, source_id)
            row = repository.tool(session, source, body.tool)
            if body.accept:
                accept(row)
            if body.allowed is not None:
                names = [each.name for each in repository.found(session, [source_id])[source_id]]
                kept = set(names if source.allowed is None else source.allowed)
                kept = kept | {body.tool} if body.allowed else kept - {body.tool}
                source.allowed = sorted(kept)
            if body.approval is not None:
                source.approvals = {**source.approvals, body.tool: body.approval}
            session.flush()
            return self._view(session, source)

        return await self._database.write(change)

    async def call(self, principal: Principal, source_id: str, body: CallBody) -> CallView:
        """Try a tool that only reads; that it failed is a result, not an error.

        Raises:
            NotFoundError: The source is not in this workspace, or has no such tool.
            InvalidInputError: `tool_not_safe`: the tool does more than to read.
            ConflictError: `tool_not_offered`.
        """
        source = await self.get(principal, source_id)
        named = next((each for each in source.tools if each.tool == body.tool), None)
        (pinned,) = await self.pin(principal, [named.name if named else f"{source.slug}__{body.tool}"])
        if pinned.definition.effect is not Safety.SAFE:
            raise InvalidInputError(
                f"The tool {body.tool!r} does more than to read. Give it to an agent, whose calls ask first.",
                code="tool_not_safe",
            )
        (tool,) = self.open(principal.workspace_id, [pinned])
        started = time.monotonic()
        try:
            value = await tool.run(body.arguments, ToolContext("", principal.workspace_id, "", "test"))
        except LiteAgentError as error:
            return CallView(ok=False, latency_ms=_since(started), error=dict(error.to_json()))
        result = value.content if isinstance(value, ToolResult) else value
        return CallView(ok=True, latency_ms=_since(started), result=result)

    async def close(self) -> None:
        """Release every connection, and end every program."""
        await self._opener.aclose()

    def _check(
        self, source_type: str, url: str | None, headers: dict[str, str], options: dict[str, Any]
    ) -> None:
        if source_type not in self._opener.types():
            known = ", ".join(self._opener.types())
            raise InvalidInputError(f"There is no type of source {source_type!r}. Known: {known}.")
        self._opener.make(source_type, url, headers, options)

    def _insert(self, session: Session, principal: Principal, source_id: str, body: SourceBody) -> None:
        slug = repository.free_slug(session, principal, body.slug, _slug(body.name))
        values = body.model_dump(exclude={"slug", "headers"})
        row = ToolSourceRow(
            id=source_id,
            workspace_id=principal.workspace_id,
            created_by=principal.name,
            slug=slug,
            headers=self._opener.seal(source_id, body.headers),
            **values,
        )
        session.add(row)
        session.flush()

    def _settle(
        self,
        session: Session,
        principal: Principal,
        source_id: str,
        definitions: Sequence[ToolDefinition],
    ) -> SourceView:
        row = repository.get(session, principal, source_id)
        known = repository.found(session, [source_id])[source_id]
        session.add_all(settle(row, known, definitions))
        row.refreshed_at = datetime.fromtimestamp(self._clock.now(), UTC)
        row.error = None
        session.flush()
        return self._view(session, row)

    def _view(self, session: Session, row: ToolSourceRow) -> SourceView:
        return source_view(self._opener, row, repository.found(session, [row.id])[row.id])


def _moved(session: Session, row: ToolSourceRow, body: SourcePatch) -> None:
    """The headers were given for the old place, and what was found there was accepted there."""
    if row.headers is not None and body.headers is None:
        raise InvalidInputError(
            "The source would lead to another server with the headers that were given for this one. Send "
            "`headers`, too; {} is none."
        )
    repository.forget(session, row.id)
    row.refreshed_at, row.error = None, None


def _place(row: ToolSourceRow) -> tuple[str, str, str]:
    parts = urlsplit(row.url or "")
    return parts.scheme.lower(), parts.netloc.lower(), str(row.options.get("server") or "")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_SLUG].strip("-") or "tools"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
