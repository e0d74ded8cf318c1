"""The documents of data sources: how far each is, its text, its chunks."""

from sqlalchemy.orm import Session

from liteagent.contracts.identity import Principal
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.schemas import ChunkList, DocumentList, DocumentText, DocumentView
from liteagent.features.knowledge.views import chunk_view, document_view
from liteagent.infra.db.database import Database

__all__ = ["DocumentService"]


class DocumentService:
    """Documents of a workspace's data sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, principal: Principal, datasource_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> DocumentList:
        """A page of a data source's documents.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def find(session: Session) -> DocumentList:
            found = repository.documents(session, principal, datasource_id, limit=limit, cursor=cursor)
            views = [document_view(row) for row in found.items]
            return DocumentList(items=views, next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, datasource_id: str, document_id: str) -> DocumentView:
        """One document, with how far its indexing is.

        Raises:
            NotFoundError: Not in this data source.
        """
        return await self._database.read(
            lambda session: document_view(
                repository.get_document(session, principal, datasource_id, document_id)
            )
        )

    async def chunks(self, principal: Principal, datasource_id: str, document_id: str) -> ChunkList:
        """The chunks of a document.

        Raises:
            NotFoundError: Not in this data source.
        """

        def find(session: Session) -> ChunkList:
            rows = repository.chunks(session, principal, datasource_id, document_id)
            return ChunkList(items=[chunk_view(row) for row in rows])

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

    async def delete(self, principal: Principal, datasource_id: str, document_id: str) -> None:
        """Forget a document; the next indexing finds it again if its source still has it.

        Raises:
            NotFoundError: Not in this data source.
        """
        await self._database.write(
            lambda session: repository.delete_document(session, principal, datasource_id, document_id)
        )
