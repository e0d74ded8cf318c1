"""`/api/datasources`."""

from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile, status

from liteagent.features.knowledge.documents import DocumentService
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.knowledge.schemas import (
    ChunkList,
    DataSourceBody,
    DataSourceList,
    DataSourcePatch,
    DataSourceView,
    DocumentList,
    DocumentText,
    DocumentView,
    SearchBody,
    SearchResult,
)
from liteagent.features.knowledge.service import DataSourceService, UploadedFile
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute
from liteagent.infra.http.schemas import Name

__all__ = ["router"]

_LONGEST_NAME, _LONGEST_SUFFIX = 200, 20

router = APIRouter(prefix="/api/datasources", tags=["knowledge"], route_class=ApiRoute)

_Service = Annotated[DataSourceService, Depends(provide(DataSourceService))]
_Documents = Annotated[DocumentService, Depends(provide(DocumentService))]
_Search = Annotated[KnowledgeSearch, Depends(provide(KnowledgeSearch))]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_datasource(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: DataSourceBody
) -> DataSourceView:
    """Create a data source from text, or from a folder that the operator opened."""
    return await service.create(principal, body, token)


@router.post("/upload", status_code=status.HTTP_201_CREATED)
async def upload_files(
    service: _Service,
    principal: CurrentPrincipal,
    token: Idempotency,
    files: Annotated[list[UploadFile], File(description="One or more files.")],
    name: Annotated[Name | None, Form()] = None,
) -> DataSourceView:
    """Create a data source that holds the uploaded files."""
    sent = [UploadedFile(_file_name(file), await file.read()) for file in files]
    return await service.upload(principal, sent, name, token)


@router.get("")
async def list_datasources(service: _Service, principal: CurrentPrincipal, paging: Paging) -> DataSourceList:
    """The workspace's data sources, newest first."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@router.get("/{datasource_id}")
async def get_datasource(
    service: _Service, principal: CurrentPrincipal, datasource_id: ResourceId
) -> DataSourceView:
    """One data source, with how far its indexing is."""
    return await service.get(principal, datasource_id)


@router.patch("/{datasource_id}")
@router.put("/{datasource_id}", name="put_datasource")
async def update_datasource(
    service: _Service, principal: CurrentPrincipal, datasource_id: ResourceId, body: DataSourcePatch
) -> DataSourceView:
    """Change a data source: what the body leaves out stays. Index it again to bring it into effect."""
    return await service.update(principal, datasource_id, body)


@router.delete("/{datasource_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_datasource(
    service: _Service, principal: CurrentPrincipal, datasource_id: ResourceId
) -> None:
    """Delete a data source with its documents."""
    await service.delete(principal, datasource_id)


@router.post("/{datasource_id}/index", status_code=status.HTTP_202_ACCEPTED)
async def index_datasource(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, datasource_id: ResourceId
) -> DataSourceView:
    """Index what is new or changed. Follow the run at `/api/runs/{run_id}/events`."""
    return await service.index(principal, datasource_id, token)


@router.post("/{datasource_id}/files")
async def add_files(
    service: _Service,
    principal: CurrentPrincipal,
    datasource_id: ResourceId,
    files: Annotated[list[UploadFile], File(description="One or more files.")],
) -> DataSourceView:
    """Add files to uploaded ones; one of the same name is replaced. Index it to bring them in."""
    sent = [UploadedFile(_file_name(file), await file.read()) for file in files]
    return await service.add_files(principal, datasource_id, sent)


@router.get("/{datasource_id}/documents")
async def list_documents(
    service: _Documents, principal: CurrentPrincipal, paging: Paging, datasource_id: ResourceId
) -> DocumentList:
    """The documents of a data source: how far each is, and why one could not be indexed."""
    return await service.list(principal, datasource_id, limit=paging.limit, cursor=paging.cursor)


@router.get("/{datasource_id}/documents/{document_id}")
async def get_document(
    service: _Documents, principal: CurrentPrincipal, datasource_id: ResourceId, document_id: ResourceId
) -> DocumentView:
    """One document: stage, percent, attempts, and why it could not be indexed."""
    return await service.get(principal, datasource_id, document_id)


@router.get("/{datasource_id}/documents/{document_id}/text")
async def get_document_text(
    service: _Documents, principal: CurrentPrincipal, datasource_id: ResourceId, document_id: ResourceId
) -> DocumentText:
    """A document's text; `start` and `end` of citations count its code points."""
    return await service.text(principal, datasource_id, document_id)


@router.get("/{datasource_id}/documents/{document_id}/chunks")
async def list_chunks(
    service: _Documents, principal: CurrentPrincipal, datasource_id: ResourceId, document_id: ResourceId
) -> ChunkList:
    """How a document is cut: the chunks that are searched, in the order of its text."""
    return await service.chunks(principal, datasource_id, document_id)


@router.post("/{datasource_id}/documents/{document_id}/retry", status_code=status.HTTP_202_ACCEPTED)
async def retry_document(
    service: _Service,
    principal: CurrentPrincipal,
    token: Idempotency,
    datasource_id: ResourceId,
    document_id: ResourceId,
) -> DataSourceView:
    """Try one document again. Follow the run at `/api/runs/{run_id}/events`."""
    return await service.retry(principal, datasource_id, document_id, token)


@router.delete("/{datasource_id}/documents/{document_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_document(
    service: _Documents, principal: CurrentPrincipal, datasource_id: ResourceId, document_id: ResourceId
) -> None:
    """Forget a document until its source is indexed again."""
    await service.delete(principal, datasource_id, document_id)


@router.post("/{datasource_id}/search")
async def search_datasource(
    service: _Search, principal: CurrentPrincipal, datasource_id: ResourceId, body: SearchBody
) -> SearchResult:
    """What an agent would find for a question, best first, and how each score came about."""
    return await service.search(principal, datasource_id, body)


def _file_name(file: UploadFile) -> str:
    """The name without folders; one that is too long keeps its suffix, which says what it is."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    suffix = PurePosixPath(name).suffix[:_LONGEST_SUFFIX]
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(suffix)] + suffix
