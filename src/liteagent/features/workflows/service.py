"""Workflows as users keep them, version by version, and the runs that they start."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import cast

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.errors import ConflictError, InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import NewRun
from liteagent.engine.workflow.answering import AnswerStream
from liteagent.engine.workflow.document import from_document
from liteagent.engine.workflow.inputs import checked_inputs
from liteagent.engine.workflow.opening import PinnedWorkflow
from liteagent.engine.workflow.problems import Places, Problem, problems_of
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.schemas import RunView
from liteagent.features.runs.service import RunService
from liteagent.features.workflows import repository
from liteagent.features.workflows.answers import in_answer_order
from liteagent.features.workflows.children import children
from liteagent.features.workflows.documents import Kept, Rules, merged, stored
from liteagent.features.workflows.models import WorkflowRow, WorkflowVersionRow
from liteagent.features.workflows.pinning import Pinning
from liteagent.features.workflows.schemas import (
    ProblemView,
    StartBody,
    ValidationView,
    VersionList,
    VersionSummary,
    VersionView,
    WorkflowList,
    WorkflowSummary,
    WorkflowView,
)
from liteagent.features.workflows.sent import Sent
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim
from liteagent.infra.http.frames import Frame

__all__ = ["WorkflowService"]


class _StartedBefore(Exception):  # noqa: N818  not an error: it takes a second acceptance back
    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


class WorkflowService:
    """Workflows of a workspace.

    Args:
        rules: What documents are checked by.
        kind: The name of the kind of run that a workflow's run is.
    """

    def __init__(
        self,
        database: Database,
        runs: RunService,
        pinning: Pinning,
        rules: Rules,
        new_id: IdSource,
        *,
        kind: str,
    ) -> None:
        self._database = database
        self._runs = runs
        self._pinning = pinning
        self._rules = rules
        self._new_id = new_id
        self._kind = kind

    async def create(
        self, principal: Principal, sent: Sent, token: IdempotencyToken | None = None
    ) -> WorkflowView:
        """Keep a document as version 1 of a new workflow.

        Raises:
            InvalidInputError: The document has errors; the details name node and field of each.
            ConflictError: There is a workflow with its id.
        """
        document = await self._kept(principal, sent)

        def insert(session: Session) -> WorkflowView:
            workflow_id = claim(session, principal, token, self._new_id())
            if session.get(WorkflowRow, workflow_id) is None:
                repository.require_free_slug(session, principal, document.definition.id)
                row = WorkflowRow(
                    id=workflow_id, workspace_id=principal.workspace_id, created_by=principal.name, version=1
                )
                _describe(row, document)
                session.add(row)
                repository.add_version(session, principal, row, document.content_hash, document.text)
            return _view(session, repository.get(session, principal, workflow_id))

        return await self._database.write(insert)

    async def validate(self, principal: Principal, sent: Sent) -> ValidationView:
        """What is wrong with a document; nothing is kept."""
        try:
            definition = await to_thread.run_sync(sent.definition)
        except InvalidInputError as error:
            problems: Sequence[Problem] = problems_of(error)
        else:
            found = await self._children(principal, definition)
            problems = await to_thread.run_sync(
                lambda: self._rules.problems(definition, found, sent.places())
            )
        views = [ProblemView.model_validate(each.to_json()) for each in problems]
        return ValidationView(valid=all(each.severity != "error" for each in problems), problems=views)

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> WorkflowList:
        """A page of the workspace's workflows."""

        def find(session: Session) -> WorkflowList:
            found = repository.workflows(session, principal, limit=limit, cursor=cursor)
            items = [WorkflowSummary.model_validate(row) for row in found.items]
            return WorkflowList(items=items, next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, workflow_id: str) -> WorkflowView:
        """One workflow.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: _view(session, repository.get(session, principal, workflow_id))
        )

    async def find(self, principal: Principal, slug: str) -> WorkflowView | None:
        """The workflow of that slug, with the document that its runs take, if there is one."""

        def look(session: Session) -> WorkflowView | None:
            row = repository.find(session, principal, slug)
            if row is None:
                return None
            taken = repository.version(session, row, row.published_version or row.version)
            summary = WorkflowSummary.model_validate(row)
            return WorkflowView(**summary.model_dump(), document=stored(taken.document))

        return await self._database.read(look)

    async def update(self, principal: Principal, workflow_id: str, sent: Sent) -> WorkflowView:
        """Keep a document as the next version, unless it is the same as the newest.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: The document has errors.
            ConflictError: Its id is that of another workflow.
        """
        document = await self._kept(principal, sent)
        return await self._database.write(lambda session: _save(session, principal, workflow_id, document))

    async def patch(self, principal: Principal, workflow_id: str, sent: Sent) -> WorkflowView:
        """Change sections of the newest document, which makes the next version.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: The document that comes of it has errors.
            ConflictError: Its id is that of another workflow, or somebody else has changed it meanwhile.
        """
        before = await self.get(principal, workflow_id)
        definition = await to_thread.run_sync(merged, sent, before.document)
        document = await self._checked(principal, definition, {})

        def save(session: Session) -> WorkflowView:
            if repository.get(session, principal, workflow_id, to_change=True).version != before.version:
                raise ConflictError("Somebody else has just changed this workflow. Look at it and try again.")
            return _save(session, principal, workflow_id, document)

        return await self._database.write(save)

    async def delete(self, principal: Principal, workflow_id: str) -> None:
        """Delete a workflow with its versions; its runs stay, and go on.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, workflow_id))
        )

    async def versions(
        self, principal: Principal, workflow_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> VersionList:
        """A page of a workflow's versions.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: `cursor` is not one that we gave out.
        """
        below = None if cursor is None else _number(cursor)
        if cursor is not None and below is None:
            message = "The cursor is not one from a `next_cursor`. Start again without it."
            raise InvalidInputError(message, code="invalid_cursor")

        def find(session: Session) -> VersionList:
            row = repository.get(session, principal, workflow_id)
            found, further = repository.versions(session, row, limit=limit, below=below)
            items = [_version_summary(row, each) for each in found]
            return VersionList(items=items, next_cursor=None if further is None else str(further))

        return await self._database.read(find)

    async def version(self, principal: Principal, workflow_id: str, number: str) -> VersionView:
        """One version of a workflow.

        Raises:
            NotFoundError: Not in this workspace, or it has no such version.
        """

        def find(session: Session) -> VersionView:
            row = repository.get(session, principal, workflow_id)
            found = repository.version(session, row, _number(number) or 0)
            summary = _version_summary(row, found)
            return VersionView(**summary.model_dump(), document=stored(found.document))

        return await self._database.read(find)

    async def publish(
        self, principal: Principal, workflow_id: str, version: int | None = None
    ) -> WorkflowView:
        """Have runs take this version, the newest by default.

        Raises:
            NotFoundError: Not in this workspace, or it has no such version.
        """

        def change(session: Session) -> WorkflowView:
            row = repository.get(session, principal, workflow_id, to_change=True)
            row.published_version = repository.version(session, row, version or row.version).version
            session.flush()
            return _view(session, row)

        return await self._database.write(change)

    async def start(
        self,
        principal: Principal,
        workflow_id: str,
        body: StartBody,
        token: IdempotencyToken | None = None,
        *,
        client: JsonObject | None = None,
    ) -> str:
        """Start a run; when this returns it is durable, with everything that it needs pinned. Its id.

        Args:
            principal: Who starts it.
            workflow_id: The workflow.
            body: Inputs and version.
            token: Tells a repeat from a first time.
            client: What whoever starts it wants to find with the run, as plain JSON.

        Raises:
            NotFoundError: The workflow is not in this workspace, or has no such version.
            InvalidInputError: The inputs are not what it takes, or something that it names is not there.
            ConflictError: The idempotency key was used for another start.
        """

        def find(session: Session) -> tuple[str, int]:
            row = repository.get(session, principal, workflow_id)
            found = repository.version(session, row, body.version or row.published_version or row.version)
            return found.document, found.version

        text, version = await self._database.read(find)
        definition = await to_thread.run_sync(lambda: from_document(stored(text)))
        origin: JsonObject = {"workflow_id": workflow_id, "version": version}
        if client is not None:
            origin = {**origin, "client": client}
        return await self._start(principal, definition, body.inputs, origin, token)

    async def start_document(
        self, principal: Principal, sent: Sent, inputs: JsonObject, token: IdempotencyToken | None = None
    ) -> str:
        """Start a run of a document that is not kept anywhere but in the run. Its id.

        Raises:
            InvalidInputError: The document has errors, the inputs are not what it takes, or something that it
                names is not there.
        """
        document = await self._kept(principal, sent)
        return await self._start(principal, document.definition, inputs, {}, token)

    async def run(self, principal: Principal, run_id: str) -> RunView:
        """A run that `start` gave the id of.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._runs.get(principal, run_id)

    async def follow(self, principal: Principal, run_id: str, cursor: Cursor) -> AsyncIterator[Frame]:
        """A run as it happens, its answers in the order of their templates.

        Whoever stops listening can go on later; the run goes on by itself.

        Raises:
            NotFoundError: Not in this workspace.
        """
        (started,) = (await self._runs.events(principal, run_id, after=0, limit=1)).items
        pinned = PinnedWorkflow.from_json(started.data["definition"])
        frames = cast("AsyncGenerator[Frame]", await self._runs.follow(principal, run_id, Cursor()))
        return in_answer_order(frames, AnswerStream(pinned.workflow), cursor.seq)

    async def _kept(self, principal: Principal, sent: Sent) -> Kept:
        definition = await to_thread.run_sync(sent.definition)
        return await self._checked(principal, definition, await to_thread.run_sync(sent.places))

    async def _checked(self, principal: Principal, definition: WorkflowDefinition, places: Places) -> Kept:
        found = await self._children(principal, definition)
        return await to_thread.run_sync(self._rules.kept, definition, found, places)

    async def _children(
        self, principal: Principal, definition: WorkflowDefinition
    ) -> Mapping[str, WorkflowDefinition]:
        return await self._database.read(lambda session: children(session, principal, definition))

    async def _start(
        self,
        principal: Principal,
        definition: WorkflowDefinition,
        inputs: JsonObject,
        origin: JsonObject,
        token: IdempotencyToken | None,
    ) -> str:
        given = checked_inputs(definition.inputs, inputs)
        pinned = await self._pinning.pinned(principal, definition)
        run = NewRun(
            id=self._new_id(),
            workspace_id=principal.workspace_id,
            created_by=principal.name,
            kind=self._kind,
            inputs=given,
            definition={**pinned.to_json(), **origin},
        )

        def claim_key(session: Session) -> None:
            run_id = claim(session, principal, token, run.id)
            if run_id != run.id:
                raise _StartedBefore(run_id)

        try:
            await self._runs.start(run, [claim_key])
        except _StartedBefore as before:
            return before.run_id
        return run.id


def _save(session: Session, principal: Principal, workflow_id: str, document: Kept) -> WorkflowView:
    row = repository.get(session, principal, workflow_id, to_change=True)
    newest = repository.version(session, row, row.version)
    if newest.content_hash != document.content_hash:
        if document.definition.id != row.slug:
            repository.require_free_slug(session, principal, document.definition.id)
        row.version += 1
        _describe(row, document)
        repository.add_version(session, principal, row, document.content_hash, document.text)
    return _view(session, row)


def _describe(row: WorkflowRow, document: Kept) -> None:
    definition = document.definition
    row.slug, row.name, row.description = definition.id, document.name, definition.description


def _view(session: Session, row: WorkflowRow) -> WorkflowView:
    session.flush()
    document = stored(repository.version(session, row, row.version).document)
    return WorkflowView(**WorkflowSummary.model_validate(row).model_dump(), document=document)


def _version_summary(row: WorkflowRow, version: WorkflowVersionRow) -> VersionSummary:
    return VersionSummary(
        version=version.version,
        published=version.version == row.published_version,
        content_hash=version.content_hash,
        created_by=version.created_by,
        created_at=version.created_at,
    )


def _number(text: str) -> int | None:
    """The number that a client wrote; None for what is none of ours."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None
