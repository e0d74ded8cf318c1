"""`/api/workflows`."""

from typing import Annotated, Any, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Path, Request, Response, status

from liteagent.engine.workflow.document import from_document, to_yaml
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.schemas import RunView
from liteagent.features.workflows.conversion import converted
from liteagent.features.workflows.schemas import (
    ConversionView,
    ConvertBody,
    PublishBody,
    StartBody,
    ValidationView,
    VersionList,
    VersionView,
    WorkflowList,
    WorkflowView,
)
from liteagent.features.workflows.sent import (
    CHANGES_BODY,
    DOCUMENT_BODY,
    DocumentRoute,
    SentDocument,
    wants_yaml,
)
from liteagent.features.workflows.service import WorkflowService
from liteagent.infra.http.dependencies import (
    CurrentPrincipal,
    Idempotency,
    Paging,
    ResourceId,
    Streamer,
    provide,
)
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

V = TypeVar("V", WorkflowView, VersionView)

_documents = APIRouter(prefix="/api/workflows", tags=["workflows"], route_class=DocumentRoute)
_others = APIRouter(prefix="/api/workflows", tags=["workflows"], route_class=ApiRoute)

_Service = Annotated[WorkflowService, Depends(provide(WorkflowService))]
_Number = Annotated[str, Path(description="Number of a version, from 1; what is none is answered with 404.")]
_LastEventId = Annotated[
    str | None, Header(description="With the same Idempotency-Key: go on after this event of the run.")
]
_YAML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/yaml": {"schema": {"type": "string"}}}}}


@_documents.post("", status_code=status.HTTP_201_CREATED, openapi_extra=DOCUMENT_BODY)
async def create_workflow(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, sent: SentDocument
) -> WorkflowView:
    """Save a flow document, as JSON or YAML, as version 1 of a new workflow. Nothing of it is run."""
    return await service.create(principal, sent, token)


@_documents.post("/validate", openapi_extra=DOCUMENT_BODY)
async def validate_workflow(
    service: _Service, principal: CurrentPrincipal, sent: SentDocument
) -> ValidationView:
    """What is wrong with a flow document; nothing is saved."""
    return await service.validate(principal, sent)


@_others.post("/convert")
async def convert_workflow(_principal: CurrentPrincipal, body: ConvertBody) -> ConversionView:
    """A flow document as YAML, Python or JSON text. Nothing of it is run or saved; Python is not read."""
    return await to_thread.run_sync(converted, body)


@_others.get("")
async def list_workflows(service: _Service, principal: CurrentPrincipal, paging: Paging) -> WorkflowList:
    """The workspace's workflows, newest first, without their documents."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@_others.get("/{workflow_id}", response_model=WorkflowView, responses=_YAML)
async def get_workflow(
    request: Request, service: _Service, principal: CurrentPrincipal, workflow_id: ResourceId
) -> Response | WorkflowView:
    """A workflow and its newest document; with `Accept: text/yaml` that document as YAML."""
    return _shown(request, await service.get(principal, workflow_id))


@_documents.put("/{workflow_id}", openapi_extra=DOCUMENT_BODY)
async def put_workflow(
    service: _Service, principal: CurrentPrincipal, workflow_id: ResourceId, sent: SentDocument
) -> WorkflowView:
    """Save a document as the workflow's next version, unless it is the same. Runs keep what they pinned."""
    return await service.update(principal, workflow_id, sent)


@_documents.patch("/{workflow_id}", openapi_extra=CHANGES_BODY)
async def update_workflow(
    service: _Service, principal: CurrentPrincipal, workflow_id: ResourceId, sent: SentDocument
) -> WorkflowView:
    """Change sections of the document: what the body leaves out stays, and null removes a section."""
    return await service.patch(principal, workflow_id, sent)


@_others.delete("/{workflow_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_workflow(service: _Service, principal: CurrentPrincipal, workflow_id: ResourceId) -> None:
    """Delete a workflow with its versions. Its runs stay, and go on."""
    await service.delete(principal, workflow_id)


@_others.get("/{workflow_id}/versions")
async def list_versions(
    service: _Service, principal: CurrentPrincipal, workflow_id: ResourceId, paging: Paging
) -> VersionList:
    """A workflow's versions, newest first, without their documents."""
    return await service.versions(principal, workflow_id, limit=paging.limit, cursor=paging.cursor)


@_others.get("/{workflow_id}/versions/{number}", response_model=VersionView, responses=_YAML)
async def get_version(
    request: Request, service: _Service, principal: CurrentPrincipal, workflow_id: ResourceId, number: _Number
) -> Response | VersionView:
    """One version; with `Accept: text/yaml` its document as YAML."""
    return _shown(request, await service.version(principal, workflow_id, number))


@_others.post("/{workflow_id}/publish")
async def publish_workflow(
    service: _Service,
    principal: CurrentPrincipal,
    workflow_id: ResourceId,
    body: PublishBody | None = None,
) -> WorkflowView:
    """Make a version, the newest if none is named, the one that runs take from now on."""
    return await service.publish(principal, workflow_id, body.version if body else None)


@_others.post("/{workflow_id}/runs", status_code=status.HTTP_202_ACCEPTED, response_model=RunView)
async def start_run(
    service: _Service,
    principal: CurrentPrincipal,
    token: Idempotency,
    stream: Streamer,
    workflow_id: ResourceId,
    body: StartBody,
    last_event_id: _LastEventId = None,
) -> Response | RunView:
    """Start a run, with everything that it needs pinned; the answer is the run, or with `"stream": true` its
    events.

    The run is durable before anything is answered, and goes on if the client leaves: find it at
    `/api/runs/{id}`.
    """
    cursor = Cursor.parse(last_event_id)
    run_id = await service.start(principal, workflow_id, body, token)
    if not body.stream:
        return await service.run(principal, run_id)
    response = await stream(await service.follow(principal, run_id, cursor))
    response.headers["X-Run-Id"] = run_id
    return response


def _shown(request: Request, view: V) -> Response | V:
    if not wants_yaml(request.headers):
        return view
    return Response(to_yaml(from_document(view.document)), media_type="text/yaml")


router = APIRouter()
router.include_router(_documents)
router.include_router(_others)
