"""Workflows as a library: launch, step, run, answer, pause, cancel, fork, replay, with or without a store."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

import anyio
import orjson

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import ConflictError, FencedError, InvalidInputError, NotFoundError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import (
    Event,
    Journal,
    JournalFactory,
    NewRun,
    OpenedJournal,
    RunRecord,
    RunStatus,
)
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import Program, RunKind
from liteagent.engine.runs.replay import Replay, replay
from liteagent.engine.runs.turn import Turn
from liteagent.engine.workflow.extensions import WorkflowExtensions, workflow_hooks
from liteagent.engine.workflow.inputs import checked_inputs
from liteagent.engine.workflow.opening import PinnedWorkflow
from liteagent.engine.workflow.program import Hooks
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState

__all__ = ["WorkflowEngine"]

_KIND = "workflow"
_REMEMBERED = 128


@dataclass(frozen=True, slots=True)
class _Compilation:
    workflow: WorkflowDefinition
    hooks: Hooks | None
    pinned: JsonObject
    program: Program[WorkflowState]


class WorkflowEngine:
    """Runs workflows in this process.

    Args:
        journal: Where runs are kept: None keeps them in memory, of those that have ended the last thousand;
            `sqlite:///file.db` or `postgresql://…` keeps every step durably; or any journal.
        services: What nodes reach outside through.
        workflows: Workflows whose runs this engine may go on with after a restart; only those with Python
            functions have to be named, the others are read from the journal.
        extensions: Hooks, and plugged node types, conditions and transformers.
        clock: Where time comes from; None takes the machine's.
        new_id: Where run ids come from; None makes time-ordered UUIDs.

    Example:
        >>> from liteagent import WorkflowBuilder
        >>> flow = (WorkflowBuilder("hello", "Hello").add_start()
        ...     .add_function("greet", lambda inputs: {"text": f"Hello {inputs['name']}"}).add_end()
        ...     .connect("start", "greet").connect("greet", "end").build())
        >>> engine = WorkflowEngine()
        >>> state = engine.launch(flow, {"name": "Ada"})
        >>> anyio.run(engine.run_to_completion, state).outputs
        {'text': 'Hello Ada'}
    """

    def __init__(
        self,
        journal: Journal | str | None = None,
        *,
        services: Services | None = None,
        workflows: Iterable[WorkflowDefinition] = (),
        extensions: WorkflowExtensions = workflow_hooks,
        clock: Clock | None = None,
        new_id: IdSource | None = None,
    ) -> None:
        system: Registry[Any] = Registry("liteagent.system")
        self._clock: Clock = clock or system.get("clock")()
        self._new_id: IdSource = new_id or system.get("ids")
        self._store = journal
        self._opening = anyio.Lock()
        self._opened: OpenedJournal | None = None
        self._driver: Driver | None = None
        self._owner_id = self._new_id()
        self._extensions = extensions
        self._services = extensions.services(services or Services())
        self._functions = {each.id: each.functions for each in workflows}
        self._compilations: dict[int, _Compilation] = {}
        self._running: dict[str, Program[WorkflowState]] = {}
        self._resting: dict[str, Turn[WorkflowState]] = {}
        self._scopes: dict[str, anyio.CancelScope] = {}

    async def __aenter__(self) -> Self:
        """The engine, to be closed at the end."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the store that this engine opened; runs that have not ended can be gone on with later.

        Used again, the engine opens it anew; what was kept in memory is gone then.
        """
        opened, self._opened, self._driver = self._opened, None, None
        self._resting.clear()
        if opened is not None:
            await opened.close()

    def launch(self, workflow: WorkflowDefinition, inputs: JsonObject | None = None) -> WorkflowState:
        """The state of a new run; nothing is kept and nothing is called yet.

        Raises:
            InvalidInputError: The inputs are not what the workflow takes, or a node cannot be made.
        """
        compiled = self._compiled(workflow)
        given = _as_kept(checked_inputs(workflow.inputs, inputs or {}))
        run_id = self._new_id()
        started = {"inputs": given, "definition": compiled.pinned, "kind": _KIND}
        event = Event(run_id, 1, "run.started", started, self._clock.now())
        reducer = compiled.program.reducer
        return reducer.apply(reducer.initial, event)

    async def step(self, state: WorkflowState) -> WorkflowState:
        """One decision, the effects that it calls for, and what came of them; durable afterwards.

        A state that has ended or waits comes back unchanged.

        Raises:
            FencedError: The run has gone on elsewhere since `state`.
        """
        if state.status.ended:
            return state
        driver = await self._opened_driver()
        turn = await self._turn_at(driver, state)
        if turn is None:
            turn = await driver.open(state.run_id)
            record = turn.record if turn else await (await self._journal()).get(state.run_id)
            if record.head != state.seq:
                driver.close(state.run_id)
                raise _gone_on(state, record.head)
        if turn is None:
            return state
        try:
            await turn.step()
        finally:
            driver.close(state.run_id)
        self._put_by(turn)
        return turn.state

    async def run_to_completion(self, state: WorkflowState) -> WorkflowState:
        """Run until the end, or until a person has to do something; waits for moments are waited out.

        Raises:
            FencedError: Another worker has taken the run.
        """
        return state if state.status.ended else await self._run(state.run_id, state)

    async def resume(
        self, run_id: str, *, answer: JsonValue = None, request_id: str | None = None
    ) -> WorkflowState:
        """Go on with a run: after a restart, after a pause, or with the answer that it waits for.

        Args:
            run_id: The run.
            answer: What a person says; None where nothing is asked.
            request_id: Which question is answered, where several are open.

        Raises:
            NotFoundError: There is no such run or question.
            ConflictError: The run has ended, or the question was answered before.
            InvalidInputError: The answer is not among the options, or several questions are open.
        """
        driver = await self._opened_driver()
        if answer is not None or request_id is not None:
            signal = signals.answer(answer, request_id, by="", now=self._clock.now())
            record = await driver.signal(run_id, signal)
        else:
            record = await (await self._journal()).get(run_id)
        if record.status is RunStatus.PAUSED:
            await driver.signal(run_id, signals.resume(by=""))
        return await self._run(run_id)

    async def recover(self) -> tuple[WorkflowState, ...]:
        """Go on with every run of the journal that was left unfinished; their states, oldest first.

        Runs that wait for a person are left alone. Only for a journal that no living process works at.
        """
        journal = await self._journal()
        states: list[WorkflowState] = []
        while taken := await journal.take(self._owner_id, {self._owner_id}):
            states.extend([await self._run(record.id) for record in taken])
        return tuple(states)

    async def pause(self, run_id: str) -> WorkflowState:
        """Begin nothing new; what is in flight is brought to its end, then the run is PAUSED.

        Raises:
            ConflictError: The run has ended.
        """
        return await self._signalled(run_id, signals.pause(by=""))

    async def cancel(self, run_id: str) -> WorkflowState:
        """End the run as CANCELLED and stop its effects.

        Raises:
            ConflictError: The run has ended.
        """
        state = await self._signalled(run_id, signals.cancel(by=""))
        if scope := self._scopes.get(run_id):
            scope.cancel()
        return state

    async def fork(self, run_id: str, *, at: int, patch: JsonObject | None = None) -> WorkflowState:
        """A new run that shares the first `at` events with another, and goes its own way from there.

        Args:
            run_id: The run to share with; it is left as it is.
            at: Seq of the last event to share; what was in flight there is done again.
            patch: `{"inputs": {...}, "vars": {...}, "outputs": {node path: value}}`, applied at that point.

        Raises:
            InvalidInputError: There is no such event, or the patch has another shape.
        """
        driver = await self._opened_driver()
        record = await driver.fork(run_id, at, patch or {}, self._new_id())
        return await self.state(record.id)

    async def replay(self, run_id: str, workflow: WorkflowDefinition | None = None) -> Replay[WorkflowState]:
        """Fold a run's journal again, calling nothing, and compare each decision with what was recorded.

        Args:
            run_id: The run.
            workflow: Another version to compare with; None takes the one that the run has pinned.
        """
        if workflow is None:
            return await (await self._opened_driver()).replay(run_id)
        events = await self.events(run_id)
        if not events:
            raise NotFoundError(f"There is no run {run_id}.", code="run_not_found")
        return replay(self._compiled(workflow).program, events)

    async def state(self, run_id: str) -> WorkflowState:
        """A run as it stands in the journal."""
        return (await (await self._opened_driver()).look(run_id)).state

    async def events(self, run_id: str) -> tuple[Event, ...]:
        """Everything that has happened in a run."""
        return await (await self._journal()).read(run_id)

    async def _signalled(self, run_id: str, signal: signals.Signal) -> WorkflowState:
        driver = await self._opened_driver()
        self._resting.pop(run_id, None)
        try:
            await driver.signal(run_id, signal)
        except FencedError as error:
            raise ConflictError(str(error), code="run_ended") from error
        return await self.state(run_id)

    async def _run(self, run_id: str, state: WorkflowState | None = None) -> WorkflowState:
        driver = await self._opened_driver()
        with anyio.CancelScope() as scope:
            self._scopes[run_id] = scope
            try:
                return await self._until_done(driver, run_id, state)
            finally:
                self._scopes.pop(run_id, None)
        return await self.state(run_id)

    async def _until_done(self, driver: Driver, run_id: str, state: WorkflowState | None) -> WorkflowState:
        turn = await self._turn_at(driver, state) if state is not None else None
        while True:
            turn = turn or await driver.open(run_id)
            if turn is None:
                return await self.state(run_id) if state is None else state
            try:
                rest = await turn.run()
            finally:
                driver.close(run_id)
            state = cast("WorkflowState", turn.state)
            if rest.status.ended:
                self._running.pop(run_id, None)
            if rest.until is None or not rest.status.runnable:
                return state
            turn = None
            await anyio.sleep(max(0.0, rest.until - self._clock.now()))

    async def _turn_at(self, driver: Driver, state: WorkflowState) -> Turn[WorkflowState] | None:
        """The turn that can go on from `state` without a look at the journal; None if there is none here."""
        if state.seq == 1:
            return await self._begun(driver, state)
        head = driver.head(state.run_id)
        if head is not None:
            raise _gone_on(state, head)  # by this very engine, whose turn would not know a second one
        turn = self._resting.pop(state.run_id, None)
        if turn is None or turn.state.seq != state.seq:
            return None
        driver.reopen(turn)
        return turn

    async def _begun(self, driver: Driver, state: WorkflowState) -> Turn[WorkflowState]:
        compiled = self._compiled(state.workflow)
        self._running.setdefault(state.run_id, compiled.program)
        try:
            return await driver.begin(NewRun(state.run_id, "", "", _KIND, state.inputs, compiled.pinned))
        except FencedError:
            raise
        except ConflictError as error:
            record = await (await self._journal()).get(state.run_id)
            raise _gone_on(state, record.head) from error

    def _put_by(self, turn: Turn[WorkflowState]) -> None:
        """Keep a turn for the next step, as long as its run is not left to anybody."""
        run_id, status = turn.record.id, turn.ledger.status
        if status.ended:
            self._running.pop(run_id, None)
        elif status is RunStatus.RUNNING:
            self._resting[run_id] = turn
            if len(self._resting) > _REMEMBERED:
                del self._resting[next(iter(self._resting))]

    async def _journal(self) -> Journal:
        if self._store is not None and not isinstance(self._store, str):
            return self._store
        async with self._opening:
            if self._opened is None:
                url = self._store or "memory://"
                registry: Registry[JournalFactory] = Registry("liteagent.journal")
                self._opened = await registry.get(url.partition(":")[0])(url, self._clock)
            return self._opened.journal

    async def _opened_driver(self) -> Driver:
        if self._driver is None:
            journal = await self._journal()
            self._driver = self._driver or self._driver_of(journal)
        return self._driver

    def _driver_of(self, journal: Journal) -> Driver:
        kinds = {_KIND: RunKind(_KIND, self._open)}
        return Driver(journal, kinds, owner_id=self._owner_id, clock=self._clock, streams=QuietStreams())

    def _open(self, record: RunRecord, started: JsonObject) -> Program[WorkflowState]:
        if program := self._running.get(record.id):
            return program
        pinned = PinnedWorkflow.from_json(cast("JsonObject", started["definition"]))
        pinned = pinned.with_functions(self._functions.get(pinned.workflow.id, {}))
        program = self._program(pinned, self._extensions.bound())
        if not record.status.ended:
            self._running[record.id] = program
        return program

    def _compiled(self, workflow: WorkflowDefinition) -> _Compilation:
        """The workflow ready to run, with the hooks as they are now; made once as long as neither changes."""
        hooks = self._extensions.bound()
        known = self._compilations.get(id(workflow))
        if known is None or known.hooks is not hooks:
            pinned = PinnedWorkflow(workflow)
            known = _Compilation(workflow, hooks, pinned.to_json(), self._program(pinned, hooks))
            self._functions.setdefault(workflow.id, workflow.functions)
            while len(self._compilations) >= _REMEMBERED:
                self._compilations.pop(next(iter(self._compilations)))
            self._compilations[id(workflow)] = known
        return known

    def _program(self, pinned: PinnedWorkflow, hooks: Hooks | None) -> Program[WorkflowState]:
        return pinned.program(self._extensions.kind, self._services, hooks)


def _as_kept(inputs: JsonObject) -> JsonObject:
    """The inputs as every journal gives them back, whatever their author does with them."""
    try:
        return cast("JsonObject", orjson.loads(orjson.dumps(inputs)))
    except TypeError as error:
        raise InvalidInputError(
            f"The inputs can't be kept as JSON: {error}. Use texts, numbers of 64 bits, lists, and objects "
            "with texts for keys.",
            details={"field": "inputs"},
        ) from error


def _gone_on(state: WorkflowState, head: int) -> FencedError:
    return FencedError(f"Run {state.run_id} has gone on to event {head}; this state is of {state.seq}.")
