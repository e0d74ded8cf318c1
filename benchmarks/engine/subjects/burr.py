"""Burr: function actions, one application a run; its persisters store the whole state after each action."""

import sqlite3
from collections.abc import Generator
from importlib import import_module
from itertools import pairwise
from typing import Any

from benchmarks.engine.subject import STEPS, Each, Payloads, nothing

__all__ = ["open_subject"]

_core: Any = import_module("burr.core")
_parallelism: Any = import_module("burr.core.parallelism")


_MapStates: Any = _parallelism.MapStates


class _Fan(_MapStates):
    """Maps one action over as many states as `width` says."""

    worker: Any = None

    def action(self, state: Any, inputs: Any) -> Any:
        """What each state goes through."""
        del state, inputs
        return self.worker

    def states(self, state: Any, context: Any, inputs: Any) -> Generator[Any, None, None]:
        """The states."""
        del context, inputs
        for number in range(state["width"]):
            yield state.update(number=number)

    def reduce(self, state: Any, states: Any) -> Any:
        """The join."""
        return state.update(items=[each["text"] for each in states])

    @property
    def reads(self) -> list[str]:
        """What it reads."""
        return ["width"]

    @property
    def writes(self) -> list[str]:
        """What it writes."""
        return ["items"]


class _Burr:
    """Synchronous on SQLite and for one run in memory, which is its fastest way; else asynchronous."""

    loop_id = "loop"

    def __init__(self, persister: Any, connection: Any, payloads: Payloads, *, is_async: bool) -> None:
        self._persister = persister
        self._connection = connection
        self._payloads = payloads
        self._is_async = is_async
        self._each: Each = nothing
        self._runs = 0
        self._line = self._graph_of_line()
        self._looping = self._graph_of_loop()

    async def linear(self) -> None:
        state = await self._run(self._line, "s0", f"s{STEPS - 1}", {"count": 0})
        assert state["count"] == STEPS

    async def loop(self, steps: int, each: Each) -> None:
        self._each = each
        state = await self._run(self._looping, "step", "done", {"items": [], "count": 0, "stop": steps})
        assert len(state["items"]) == steps

    async def resume(self, loop_id: str, steps: int, each: Each) -> None:
        raise NotImplementedError

    async def fan_out(self, width: int) -> None:
        fan = _Fan().with_name("fan")
        fan.worker = _core.action(reads=[], writes=["text"])(_copy(self._worked))
        app = (
            _core.ApplicationBuilder()
            .with_actions(fan, join=_core.action(reads=["items"], writes=["count"])(_joined))
            .with_transitions(("fan", "join"))
            .with_entrypoint("fan")
            .with_state(width=width)
            .build()
        )
        _, _, state = app.run(halt_after=["join"])
        assert state["count"] == width

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _run(self, graph: Any, first: str, last: str, state: dict[str, Any]) -> Any:
        self._runs += 1
        builder = _core.ApplicationBuilder().with_graph(graph).with_entrypoint(first).with_state(**state)
        if self._persister is not None:
            builder = builder.with_state_persister(self._persister)
            builder = builder.with_identifiers(app_id=f"run-{self._runs}", partition_key="all")
        if self._is_async:
            _, _, state = await (await builder.abuild()).arun(halt_after=[last])
            return state
        _, _, state = builder.build().run(halt_after=[last])
        return state

    def _graph_of_line(self) -> Any:
        step = self._astep if self._is_async else self._step
        action = _core.action(reads=["count"], writes=["text", "count"])
        names = [f"s{number}" for number in range(STEPS)]
        builder = _core.GraphBuilder().with_actions(**{name: action(_copy(step)) for name in names})
        return builder.with_transitions(*pairwise(names)).build()

    def _graph_of_loop(self) -> Any:
        step = _core.action(reads=["count", "items"], writes=["items", "count"])(
            _copy(self._alooped if self._is_async else self._looped)
        )
        done = _core.action(reads=[], writes=[])(_adone if self._is_async else _done)
        more = _core.expr("count < stop")
        builder = _core.GraphBuilder().with_actions(step=step, done=done)
        return builder.with_transitions(("step", "step", more), ("step", "done")).build()

    def _step(self, state: Any) -> Any:
        return state.update(text=self._payloads.take(), count=state["count"] + 1)

    def _looped(self, state: Any) -> Any:
        self._each(state["count"] + 1)
        return state.append(items=self._payloads.take()).update(count=state["count"] + 1)

    async def _astep(self, state: Any) -> Any:
        return self._step(state)

    async def _alooped(self, state: Any) -> Any:
        return self._looped(state)

    def _worked(self, state: Any) -> Any:
        return state.update(text=self._payloads.take())


def _copy(method: Any) -> Any:
    """A plain function, since Burr marks the functions that it is given."""
    if method.__name__.startswith("_a"):

        async def astep(state: Any) -> Any:
            return await method(state)

        return astep

    def step(state: Any) -> Any:
        return method(state)

    return step


def _joined(state: Any) -> Any:
    return state.update(count=len(state["items"]))


def _done(state: Any) -> Any:
    return state


async def _adone(state: Any) -> Any:
    return state


async def open_subject(store: str, size: int, connections: int) -> _Burr:
    """Burr on `store`."""
    payloads = Payloads(size)
    if store == "memory":
        return _Burr(None, None, payloads, is_async=connections > 1)
    if store.startswith("sqlite"):
        persistence: Any = import_module("burr.core.persistence")
        path = store.removeprefix("sqlite:///")
        persister = persistence.SQLitePersister(path, connection=sqlite3.connect(path))
        persister.initialize()
        return _Burr(persister, None, payloads, is_async=False)
    module: Any = import_module("burr.integrations.persisters.b_asyncpg")
    connection = await import_module("asyncpg").connect(store)
    persister = module.AsyncPostgreSQLPersister(connection=connection, table_name="burr_state")
    await persister.initialize()
    return _Burr(persister, connection, payloads, is_async=True)
