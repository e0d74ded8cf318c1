"""DBOS: asynchronous workflows and steps; it has no mode without a database."""

import asyncio
import itertools
import threading
from importlib import import_module
from typing import Any

from benchmarks.engine.subject import STEPS, Each, Payloads, nothing

__all__ = ["open_subject"]

_module: Any = import_module("dbos")
_dbos: Any = _module.DBOS


class _Work:
    """What steps do; DBOS wants workflows and steps to be known before it is launched, so this is one."""

    payloads = Payloads(200)
    each: Each = staticmethod(nothing)
    finished = threading.Event()


@_dbos.step()
async def _step(number: int) -> str:
    _Work.each(number)
    return _Work.payloads.take()


@_dbos.workflow()
async def _line() -> int:
    return len([await _step(number) for number in range(STEPS)])


@_dbos.workflow()
async def _loop(steps: int) -> int:
    items = [await _step(number) for number in range(1, steps + 1)]
    _Work.finished.set()
    return len(items)


@_dbos.workflow()
async def _fan(width: int) -> int:
    return len(await asyncio.gather(*(_step(number) for number in range(width))))


class _Dbos:
    """Launched, with what it had left unfinished under way again."""

    loop_id = "loop"

    def __init__(self) -> None:
        self._numbers = itertools.count()

    async def linear(self) -> None:
        assert await _line() == STEPS

    async def loop(self, steps: int, each: Each) -> None:
        _Work.each = each
        with _module.SetWorkflowID(self.loop_id):
            assert await _loop(steps) == steps

    async def resume(self, loop_id: str, steps: int, each: Each) -> None:
        del loop_id, steps
        _Work.each = each
        await asyncio.to_thread(_Work.finished.wait)  # DBOS recovers by itself, in a thread of its own

    async def fan_out(self, width: int) -> None:
        assert await _fan(width) == width

    async def close(self) -> None:
        _Work.each = nothing
        _dbos.destroy()


async def open_subject(store: str, size: int, connections: int) -> _Dbos:
    """DBOS on `store`; it has its own pool."""
    del connections
    _Work.payloads = Payloads(size)
    url = store.replace("postgresql://", "postgresql+psycopg://")
    _dbos(
        config={
            "name": "benchmark",
            "system_database_url": url,
            "log_level": "ERROR",
            "application_version": "1",
            "run_admin_server": False,
        }
    )
    _dbos.launch()
    return _Dbos()
