"""Data sources: making them, indexing them, and looking into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.documents import Citation
from liteagent.contracts.errors import ConflictError, InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.contracts.retrieval import RetrievalQuery, Retriever
from liteagent.contracts.runs import NewRun
from liteagent.contracts.storage import BlobStore
from liteagent.engine.rag.retriever import create_retriever
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.folders import OpenFolders
from liteagent.features.knowledge.lexical import LexicalCatalog, WorkspaceCorpus
from liteagent.features.knowledge.models import DataSourceRow, DocumentRow
from liteagent.features.knowledge.schemas import (
    ChunkerBody,
    DataSourceBody,
    DataSourceList,
    DataSourcePatch,
    DataSourceView,
    DocumentList,
    DocumentText,
    DocumentView,
    ErrorView,
    IndexingCounts,
    SearchBody,
    SearchResult,
)
from liteagent.features.runs.service import RunService
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["DataSourceService", "UploadedFile"]

_PARALLEL = 4


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as a client sent it."""

    name: str
    data: bytes


class DataSourceService:
    """Data sources of a workspace.

    Args:
        kind: The run kind that indexes a data source.
        folders: Where `source_path` may lie when a data source comes in over HTTP.
    """

    def __init__(
        self,
        database: Database,
        runs: RunService,
        blobs: BlobStore,
        catalog: LexicalCatalog,
        new_id: IdSource,
        *,
        kind: str,
        folders: OpenFolders | None = None,
    ) -> None:
        self._database = database
        self._runs = runs
        self._blobs = blobs
        self._catalog = catalog
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
            InvalidInputError: The path lies outside the folders that the operator opened.
        """
        if trusted:
            principal = Principal(principal.workspace_id)  # what the operator made is indexed wherever it is
        elif body.source_path is not None:
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
        names = [file.name for file in files]
        if not files or len(set(names)) < len(names) or not all(names):
            raise InvalidInputError(
                "Send one or more files in the field `files`, each with a name of its own."
            )
        stored = [{"name": file.name, "blob": await self._blobs.put(file.data)} for file in files]
        title = name or (names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more")
        body = DataSourceBody.model_construct(
            name=title[:200], source_type="file", content=None, source_path=None, chunker=ChunkerBody()
        )
        return await self._insert(principal, body, stored, token)

    async def list(
        self, principal: Principal, *, limit: int = 50, cursor: str | None = None
    ) -> DataSourceList:
        """A page of the workspace's data sources."""

        def find(session: Session) -> DataSourceList:
            found = repository.sources(session, principal, limit=limit, cursor=cursor)
            held = repository.counts(session, [row.id for row in found.items])
            views = [_view(row, held.get(row.id), with_content=False) for row in found.items]
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
            InvalidInputError: `content` was given for a source of files.
        """

        def change(session: Session) -> DataSourceView:
            row = repository.get_source(session, principal, datasource_id)
            if body.content is not None and row.source_type != "text":
                raise InvalidInputError("Only a text source has `content`.")
            row.name = body.name or row.name
            row.content = body.content or row.content
            row.chunker = body.chunker.model_dump() if body.chunker else row.chunker
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
        self._catalog.forget(datasource_id)

    async def index(
        self, principal: Principal, datasource_id: str, token: IdempotencyToken | None = None
    ) -> DataSourceView:
        """Start to index a data source: what has not changed since the last time costs nothing.

        While it is being indexed, another call returns the run that is under way.

        Raises:
            NotFoundError: Not in this workspace.
        """
        run_id = self._new_id()

        def begin(session: Session) -> None:
            row = repository.get_source(session, principal, datasource_id)
            if row.status == "indexing" or claim(session, principal, token, run_id) != run_id:
                raise ConflictError("It is being indexed.", code="already_indexing")
            row.status, row.run_id, row.error = "indexing", run_id, None

        run = NewRun(
            id=run_id,
            workspace_id=principal.workspace_id,
            created_by=principal.name,
            kind=self._kind,
            inputs={"datasource_id": datasource_id},
            definition={"parallel": _PARALLEL},
        )
        try:
            await self._runs.start(run, [begin])
        except ConflictError as error:
            if error.error_code != "already_indexing":
                raise
        return await self.get(principal, datasource_id)

    async def documents(
        self, principal: Principal, datasource_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> DocumentList:
        """A page of a data source's documents.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def find(session: Session) -> DocumentList:
            found = repository.documents(session, principal, datasource_id, limit=limit, cursor=cursor)
            return DocumentList(items=[_document(row) for row in found.items], next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def text(self, principal: Principal, datasource_id: str, document_id: str) -> DocumentText:
        """A document's text.

        Raises:
            NotFoundError: Not in this data source.
        """
        return await self._database.read(
            lambda session: DocumentText.model_validate(
                repository.get_document(session, principal, datasource_id, document_id)
            )
        )

    async def delete_document(self, principal: Principal, datasource_id: str, document_id: str) -> None:
        """Forget a document; the next indexing finds it again if its source still has it.

        Raises:
            NotFoundError: Not in this data source.
        """
        await self._database.write(
            lambda session: repository.delete_document(session, principal, datasource_id, document_id)
        )

    async def search(self, principal: Principal, datasource_id: str, body: SearchBody) -> SearchResult:
        """What an agent would find for a question.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self.get(principal, datasource_id)
        query = RetrievalQuery(body.query, body.top_k, (datasource_id,))
        found = await self.retriever(principal.workspace_id).retrieve(query)
        return SearchResult(
            items=[Citation.of(each, rank) for rank, each in enumerate(found.passages, 1)],
            trace=dict(found.trace),
        )

    def retriever(self, workspace_id: str) -> Retriever:
        """A retriever over the data sources of a workspace."""
        return create_retriever("bm25", corpus=WorkspaceCorpus(self._database, self._catalog, workspace_id))

    async def _insert(
        self,
        principal: Principal,
        body: DataSourceBody,
        files: Sequence[dict[str, str]],
        token: IdempotencyToken | None,
    ) -> DataSourceView:
        def insert(session: Session) -> DataSourceView:
            datasource_id = claim(session, principal, token, self._new_id())
            if session.get(DataSourceRow, datasource_id) is None:
                session.add(
                    DataSourceRow(
                        id=datasource_id,
                        workspace_id=principal.workspace_id,
                        created_by=principal.name,
                        name=body.name,
                        source_type=body.source_type,
                        content=body.content,
                        source_path=body.source_path,
                        files=list(files),
                        chunker=body.chunker.model_dump(),
                    )
                )
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
    return _view(row, repository.counts(session, [datasource_id]).get(datasource_id), with_content=True)


def _view(row: DataSourceRow, held: repository.Counts | None, *, with_content: bool) -> DataSourceView:
    return DataSourceView(
        id=row.id,
        name=row.name,
        source_type=row.source_type,  # pyright: ignore[reportArgumentType]  the column holds nothing else
        content=row.content if with_content else None,
        source_path=row.source_path,
        files=[file["name"] for file in row.files],
        chunker=ChunkerBody(**row.chunker),
        status=row.status,  # pyright: ignore[reportArgumentType]  the column holds nothing else
        counts=IndexingCounts.model_validate(held or repository.Counts()),
        error=None if row.error is None else ErrorView(**row.error),
        run_id=row.run_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        indexed_at=row.indexed_at,
    )


def _document(row: DocumentRow) -> DocumentView:
    return DocumentView(
        id=row.id,
        datasource_id=row.datasource_id,
        name=row.name,
        status=row.status,  # pyright: ignore[reportArgumentType]  the column holds nothing else
        error=None if row.error is None else ErrorView(**row.error),
        media_type=row.media_type,
        title=row.title,
        size=row.size,
        characters=row.characters,
        chunks=row.chunk_count,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
