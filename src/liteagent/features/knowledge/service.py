"""Data sources: making them, changing them, indexing them, and looking into them."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.errors import ConflictError, InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import dump
from liteagent.contracts.runs import NewRun
from liteagent.contracts.storage import BlobStore
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.catalog import IndexCatalog
from liteagent.features.knowledge.choices import Choices
from liteagent.features.knowledge.documents import DocumentService
from liteagent.features.knowledge.folders import OpenFolders
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.recipe import Recipe
from liteagent.features.knowledge.schemas import (
    DataSourceBody,
    DataSourceList,
    DataSourcePatch,
    DataSourceView,
)
from liteagent.features.knowledge.views import recipe_of, source_view
from liteagent.features.runs.service import RunService
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["DataSourceService", "UploadedFile"]

_PARALLEL = 4
_TOGETHER = 32
"""Small documents of one commit. Those that a model embeds take its time: each is kept at once."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as a client sent it."""

    name: str
    data: bytes


class DataSourceService:
    """Data sources of a workspace.

    Args:
        choices: Checks what a user has chosen: source, chunker, embedding model, retrieval.
        kind: The run kind that indexes a data source.
        folders: Where `source_path` of files may lie when a data source comes in over HTTP.
    """

    def __init__(
        self,
        database: Database,
        runs: RunService,
        blobs: BlobStore,
        catalog: IndexCatalog,
        choices: Choices,
        documents: DocumentService,
        new_id: IdSource,
        *,
        kind: str,
        folders: OpenFolders | None = None,
    ) -> None:
        self._database = database
        self._runs = runs
        self._blobs = blobs
        self._catalog = catalog
        self._choices = choices
        self._documents = documents
        self._new_id = new_id
        self._kind = kind
        self._folders = folders or OpenFolders()

    async def create(
        self,
        principal: Principal,
        body: DataSourceBody,
        token: IdempotencyToken | None = None,
        *,
        trusted: bool = False,
    ) -> DataSourceView:
        """Add a data source; it is indexed by `index`.

        Args:
            principal: Who makes it, in whose workspace.
            body: What it is.
            token: Makes a repeated request find what the first one made.
            trusted: The operator asks, so any path may be named.

        Raises:
            InvalidInputError: The path lies outside the folders that the operator opened, or what was chosen
                does not fit together.
        """
        if trusted:
            principal = Principal(principal.workspace_id)  # what the operator made is indexed wherever it is
        elif body.source_type == "file" and body.source_path is not None:
            self._folders.check(body.source_path)
        return await self._insert(principal, body, [], token)

    async def upload(
        self,
        principal: Principal,
        files: Sequence[UploadedFile],
        name: str | None = None,
        token: IdempotencyToken | None = None,
    ) -> DataSourceView:
        """Add a data source that holds these files.

        Raises:
            InvalidInputError: There is no file, or two have the same name.
        """
        stored = await self._store(files)
        first = stored[0]["name"]
        title = name or (first if len(stored) == 1 else f"{first} and {len(stored) - 1} more")
        body = DataSourceBody.model_construct(
            name=title[:200],
            source_type="file",
            content=None,
            source_path=None,
            _fields_set={"name", "source_type"},
        )
        return await self._insert(principal, body, stored, token)

    async def add_files(
        self, principal: Principal, datasource_id: str, files: Sequence[UploadedFile]
    ) -> DataSourceView:
        """Add files to a data source of uploaded files; one of the same name is replaced.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: There is no file, two have the same name, or it was not made by an upload.
        """
        stored = await self._store(files)
        names = {file["name"] for file in stored}

        def add(session: Session) -> DataSourceView:
            row = repository.get_source(session, principal, datasource_id)
            if row.source_type != "file" or row.source_path is not None:
                raise InvalidInputError(
                    "Files can be added only to a data source that was made by an upload."
                )
            row.files = [*(file for file in row.files if file["name"] not in names), *stored]
            session.flush()
            return _find(session, principal, datasource_id)

        return await self._database.write(add)

    async def list(
        self, principal: Principal, *, limit: int = 50, cursor: str | None = None
    ) -> DataSourceList:
        """A page of the workspace's data sources."""

        def find(session: Session) -> DataSourceList:
            found = repository.sources(session, principal, limit=limit, cursor=cursor)
            held = repository.counts(session, [row.id for row in found.items])
            views = [source_view(row, held.get(row.id), whole=False) for row in found.items]
            return DataSourceList(items=views, next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, datasource_id: str) -> DataSourceView:
        """One data source.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(lambda session: _find(session, principal, datasource_id))

    async def find_by_path(self, principal: Principal, source_path: str) -> DataSourceView | None:
        """The oldest data source over this path, if there is one."""

        def find(session: Session) -> DataSourceView | None:
            datasource_id = repository.source_over(session, principal, source_path)
            return None if datasource_id is None else _find(session, principal, datasource_id)

        return await self._database.read(find)

    async def update(self, principal: Principal, datasource_id: str, body: DataSourcePatch) -> DataSourceView:
        """Change what the body names; `index` brings it into effect.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: `content` was given for a source of files, or what was chosen does not fit.
        """
        if body.source_path is not None:
            current = await self.get(principal, datasource_id)
            if current.source_type == "file":
                self._folders.check(body.source_path)
        chosen = await self._choices.changed(principal, body)

        def change(session: Session) -> DataSourceView:
            row = repository.get_source(session, principal, datasource_id)
            self._choices.apply(row, body, chosen)
            session.flush()
            return _find(session, principal, datasource_id)

        return await self._database.write(change)

    async def delete(self, principal: Principal, datasource_id: str) -> None:
        """Delete a data source with its documents; an indexing run under way is cancelled.

        Raises:
            NotFoundError: Not in this workspace.
        """
        source = await self.get(principal, datasource_id)
        await self._cancel(principal, source)
        await self._database.write(
            lambda session: repository.delete_source(session, principal, datasource_id)
        )
        await self._catalog.forget(principal.workspace_id, datasource_id)

    async def index(
        self,
        principal: Principal,
        datasource_id: str,
        token: IdempotencyToken | None = None,
        *,
        documents: Sequence[str] | None = None,
    ) -> DataSourceView:
        """Start to index a data source: what has not changed since the last time costs nothing.

        While it is being indexed, another call returns the run that is under way.

        Args:
            principal: Who asks.
            datasource_id: What to index.
            token: Makes a repeated request find the run of the first one.
            documents: Names of the only documents to look at; all where omitted.

        Raises:
            NotFoundError: Not in this workspace.
        """
        run_id = self._new_id()
        row = await self._database.read(
            lambda session: repository.get_source(session, principal, datasource_id)
        )

        def begin(session: Session) -> None:
            row = repository.get_source(session, principal, datasource_id)
            if row.status == "indexing" or claim(session, principal, token, run_id) != run_id:
                raise ConflictError("It is being indexed.", code="already_indexing")
            row.status, row.run_id, row.error = "indexing", run_id, None
            row.total = row.done = 0
            row.next_sync_at = None

        inputs: dict[str, Any] = {"datasource_id": datasource_id}
        run = NewRun(
            id=run_id,
            workspace_id=principal.workspace_id,
            created_by=principal.name,
            kind=self._kind,
            inputs=inputs if documents is None else {**inputs, "documents": builtins.list(documents)},
            definition=_definition(recipe_of(row)),
        )
        try:
            await self._runs.start(run, [begin])
        except ConflictError as error:
            if error.error_code != "already_indexing":
                raise
        return await self.get(principal, datasource_id)

    async def index_due(self, moment: float) -> int:
        """Start to index the data sources whose time has come; how many there were.

        Args:
            moment: Seconds since the epoch.
        """
        due = await self._database.read(lambda session: repository.sources_due(session, moment))
        for workspace_id, datasource_id in due:
            await self.index(Principal(workspace_id), datasource_id)
        return len(due)

    async def retry(
        self,
        principal: Principal,
        datasource_id: str,
        document_id: str,
        token: IdempotencyToken | None = None,
    ) -> DataSourceView:
        """Try one document again; a run that is under way already will not look at it a second time.

        Raises:
            NotFoundError: Not in this data source.
            ConflictError: The data source is being indexed.
        """
        document = await self._documents.get(principal, datasource_id, document_id)
        if (await self.get(principal, datasource_id)).status == "indexing":
            raise ConflictError(
                "The data source is being indexed; try again when that has ended.", code="already_indexing"
            )
        return await self.index(principal, datasource_id, token, documents=[document.name])

    async def _store(self, files: Sequence[UploadedFile]) -> builtins.list[dict[str, str]]:
        names = [file.name for file in files]
        if not files or len(set(names)) < len(names) or not all(names):
            raise InvalidInputError(
                "Send one or more files in the field `files`, each with a name of its own."
            )
        return [{"name": file.name, "blob": await self._blobs.put(file.data)} for file in files]

    async def _insert(
        self,
        principal: Principal,
        body: DataSourceBody,
        files: Sequence[dict[str, str]],
        token: IdempotencyToken | None,
    ) -> DataSourceView:
        chosen = await self._choices.of(principal, body)

        def insert(session: Session) -> DataSourceView:
            datasource_id = claim(session, principal, token, self._new_id())
            if session.get(DataSourceRow, datasource_id) is None:
                row = DataSourceRow(
                    id=datasource_id,
                    workspace_id=principal.workspace_id,
                    created_by=principal.name,
                    files=[*files],
                )
                self._choices.fill(row, body, chosen)
                session.add(row)
                session.flush()
            return _find(session, principal, datasource_id)

        return await self._database.write(insert)

    async def _cancel(self, principal: Principal, source: DataSourceView) -> None:
        if source.status != "indexing" or source.run_id is None:
            return
        try:
            await self._runs.cancel(principal, source.run_id)
        except ConflictError:
            return  # it has just ended


def _find(session: Session, principal: Principal, datasource_id: str) -> DataSourceView:
    row = repository.get_source(session, principal, datasource_id)
    return source_view(row, repository.counts(session, [datasource_id]).get(datasource_id), whole=True)


def _definition(recipe: Recipe) -> dict[str, Any]:
    together = _TOGETHER if recipe.embedding is None else 1
    return {"parallel": _PARALLEL, "together": together, "recipe": dump(recipe)}
