"""LangGraph: `StateGraph` with its SQLite and Postgres savers, durability="sync"."""

import operator
from importlib import import_module
from itertools import chain
from typing import Annotated, Any, TypedDict

from benchmarks.engine.subject import STEPS, Each, Payloads, nothing

__all__ = ["open_delta", "open_subject", "open_sync"]

_graph: Any = import_module("langgraph.graph")
_send: Any = import_module("langgraph.types").Send


class _Linear(TypedDict):
    text: str


class _Items(TypedDict):
    items: Annotated[list[str], operator.add]
    count: int
    stop: int


class _LangGraph:
    """Asynchronous nodes in graphs that are compiled once."""

    loop_id = "loop"

    def __init__(self, saver: Any, opened: Any, payloads: Payloads, items: Any = _Items) -> None:
        self._saver = saver
        self._opened = opened
        self._payloads = payloads
        self._items = items
        self._runs = 0
        self._each: Each = nothing
        self._steps = 0
        self._line = self._compiled_line()
        self._fans: dict[int, Any] = {}
        self._looping = self._compiled_loop()

    async def linear(self) -> None:
        before = self._steps
        await self._invoke(self._line, {"text": ""})
        assert self._steps - before >= STEPS

    async def loop(self, steps: int, each: Each) -> None:
        self._each = each
        final = await self._invoke(self._looping, {"items": [], "count": 0, "stop": steps}, "loop", steps)
        assert len(final["items"]) == steps

    async def resume(self, loop_id: str, steps: int, each: Each) -> None:
        self._each = each
        await self._invoke(self._looping, None, loop_id, steps)

    async def fan_out(self, width: int) -> None:
        graph = self._fans.setdefault(width, self._compiled_fan(width))
        final = await self._invoke(graph, {"items": [], "count": 0})
        assert final["count"] == width

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(None, None, None)

    async def _invoke(self, graph: Any, given: Any, name: str | None = None, steps: int = 0) -> Any:
        self._runs += 1
        config: dict[str, Any] = {"recursion_limit": max(25, 2 * steps + 10)}
        if self._saver is None:
            return await graph.ainvoke(given, config)
        config["configurable"] = {"thread_id": name or f"run-{self._runs}"}
        return await graph.ainvoke(given, config, durability="sync")

    def _compiled_line(self) -> Any:
        builder = _graph.StateGraph(_Linear)
        names = [f"s{number}" for number in range(STEPS)]
        for name in names:
            builder.add_node(name, self._step)
        for before, after in zip([_graph.START, *names], [*names, _graph.END], strict=True):
            builder.add_edge(before, after)
        return builder.compile(checkpointer=self._saver)

    def _compiled_loop(self) -> Any:
        builder = _graph.StateGraph(self._items)
        builder.add_node("step", self._looped)
        builder.add_edge(_graph.START, "step")
        builder.add_conditional_edges("step", _more)
        return builder.compile(checkpointer=self._saver)

    def _compiled_fan(self, width: int) -> Any:
        builder = _graph.StateGraph(_Items)
        builder.add_node("work", self._worked)
        builder.add_node("join", self._joined)
        sends = [_send("work", {"number": number}) for number in range(width)]

        def spread(_state: Any) -> list[Any]:
            return sends

        builder.add_conditional_edges(_graph.START, spread, ["work"])
        builder.add_edge("work", "join")
        builder.add_edge("join", _graph.END)
        return builder.compile(checkpointer=self._saver)

    async def _step(self, _state: Any) -> dict[str, Any]:
        self._steps += 1
        return {"text": self._payloads.take()}

    async def _looped(self, state: Any) -> dict[str, Any]:
        self._each(state["count"] + 1)
        return {"items": [self._payloads.take()], "count": state["count"] + 1}

    async def _worked(self, _state: Any) -> dict[str, Any]:
        return {"items": [self._payloads.take()]}

    async def _joined(self, state: Any) -> dict[str, Any]:
        return {"count": len(state["items"])}


def _more(state: Any) -> Any:
    return _graph.END if state["count"] >= state["stop"] else "step"


class _Synchronous(_LangGraph):
    """The linear flow with synchronous nodes and `invoke`."""

    async def linear(self) -> None:
        self._line.invoke({"text": ""})

    def _compiled_line(self) -> Any:
        builder = _graph.StateGraph(_Linear)
        names = [f"s{number}" for number in range(STEPS)]
        for name in names:
            builder.add_node(name, self._stepped)
        for before, after in zip([_graph.START, *names], [*names, _graph.END], strict=True):
            builder.add_edge(before, after)
        return builder.compile()

    def _stepped(self, _state: Any) -> dict[str, Any]:
        return {"text": self._payloads.take()}


async def open_subject(store: str, size: int, connections: int) -> _LangGraph:
    """LangGraph on `store`; several Postgres connections are a pool."""
    saver, opened = await _saver(store, connections)
    return _LangGraph(saver, opened, Payloads(size))


async def open_sync(store: str, size: int, connections: int) -> _LangGraph:
    """LangGraph without asyncio, in memory."""
    del store, connections
    return _Synchronous(None, None, Payloads(size))


async def open_delta(store: str, size: int, connections: int) -> _LangGraph:
    """The same with its beta `DeltaChannel`, which stores what was appended and a snapshot now and then."""
    channel: Any = import_module("langgraph.channels.delta").DeltaChannel

    class Items(TypedDict):
        items: Annotated[list[str], channel(_extended)]
        count: int
        stop: int

    saver, opened = await _saver(store, connections)
    return _LangGraph(saver, opened, Payloads(size), Items)


def _extended(known: list[str] | None, added: list[list[str]]) -> list[str]:
    return [*(known or []), *chain.from_iterable(added)]


async def _saver(store: str, connections: int) -> tuple[Any, Any]:
    if store == "memory":
        return None, None
    if store.startswith("sqlite"):
        module: Any = import_module("langgraph.checkpoint.sqlite.aio")
        opened = module.AsyncSqliteSaver.from_conn_string(store.removeprefix("sqlite:///"))
        saver = await opened.__aenter__()
    else:
        module = import_module("langgraph.checkpoint.postgres.aio")
        if connections == 1:
            opened = module.AsyncPostgresSaver.from_conn_string(store)
            saver = await opened.__aenter__()
        else:
            opened = _pool(store, connections)
            saver = module.AsyncPostgresSaver(await opened.__aenter__())
    await saver.setup()
    return saver, opened


def _pool(store: str, connections: int) -> Any:
    pool: Any = import_module("psycopg_pool").AsyncConnectionPool
    rows: Any = import_module("psycopg.rows").dict_row
    how = {"autocommit": True, "prepare_threshold": 0, "row_factory": rows}
    return pool(store, min_size=connections, max_size=connections, kwargs=how, open=False)
