"""Flows on the real server, which is killed: clients start runs, and nobody looks after them."""

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liteagent.contracts.runs import Event
from tests.faults.harness.accepted import AcceptLog
from tests.faults.harness.client import Client
from tests.faults.harness.server import Server
from tests.faults.harness.waiting import until
from tests.faults.workflow.books import problems_of_books
from tests.faults.workflow.flows import step_names
from tests.faults.workflow.ledger import EffectLedger
from tests.faults.workflow.life import open_store

__all__ = ["FlowReport", "FlowStorm", "ledger_document"]

_OPEN = "SELECT count(*) FROM runs WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED')"


def ledger_document(url: str, steps: int) -> dict[str, Any]:
    """A flow of `http` nodes in a row, each of which sends the number that came before to the ledger."""
    names = step_names(steps)
    before = ["inputs.n", *(f"{name}.output.body.n" for name in names)]
    calls = {
        name: {
            "type": "http",
            "method": "POST",
            "url": f"{url}/effects/{{{{ run.id }}}}/{name}",
            "body": {"n": f"{{{{ {came} }}}}"},
            "effect": "idempotent",
        }
        for name, came in zip(names, before, strict=False)
    }
    end = {"type": "end", "outputs": {"n": f"{{{{ {before[-1]} }}}}"}}
    return {
        "liteagent": 1,
        "id": "ledger",
        "inputs": {"n": {"type": "integer", "required": True}},
        "nodes": {"start": {"type": "start"}, **calls, "end": end},
        "edges": [" -> ".join(["start", *names, "end"])],
    }


@dataclass
class FlowReport:
    """What was done to the server, and what is wrong after it."""

    seed: int
    kills: list[str] = field(default_factory=list[str])
    runs: int = 0
    requests: int = 0
    repeats: int = 0
    taken_over: int = 0
    ready_after: list[float] = field(default_factory=list[float])
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        """For a person; replay with FAULT_SEED."""
        ready = sorted(self.ready_after)
        lines = [
            f"FAULT_SEED={self.seed}: {len(self.kills)} x kill -9, {self.runs} runs",
            f"requests {self.requests}, raw repeats {self.repeats}, runs taken over {self.taken_over}",
            f"seconds from start to ready: median {ready[len(ready) // 2]:.2f}, most {ready[-1]:.2f}",
            *(f"  kill {number}: {when}" for number, when in enumerate(self.kills, 1)),
            *(f"PROBLEM {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)


class FlowStorm:
    """One server, clients that each start one run after the other, and somebody who kills the server.

    Args:
        folder: An empty folder for everything.
        ledger: The receiver, which listens already.
        seed: Decides when the server is killed.
        steps: Of each run.
        clients: How many runs are open at a time.
    """

    def __init__(self, folder: Path, ledger: EffectLedger, *, seed: int, steps: int, clients: int) -> None:
        self._server = Server(folder / "data", folder / "none")
        self._client = Client(self._server.url, AcceptLog(folder / "accepted.jsonl"))
        self._ledger = ledger
        self._steps = steps
        self._clients = clients
        self._random = random.Random(seed)
        self._over = asyncio.Event()
        self._run_ids: list[str] = []
        self._report = FlowReport(seed)

    async def run(self, kills: int) -> FlowReport:
        """The whole storm; the server is stopped when this returns."""
        self._server.start()
        try:
            flow = await self._prepare()
            async with asyncio.TaskGroup() as group:
                for name in range(self._clients):
                    group.create_task(self._start_runs(flow, name))
                for _ in range(kills):
                    await self._kill()
                self._over.set()
            await self._server.ready()
            await until(self._all_ended, 120)
        finally:
            self._server.stop()
            await self._client.close()
        await self._check()
        return self._report

    async def _prepare(self) -> str:
        await self._server.ready()
        await self._client.set_up()
        flow = await self._client.post("/api/workflows", ledger_document(self._ledger.url, self._steps))
        return str(flow["id"])

    async def _start_runs(self, flow: str, name: int) -> None:
        """One run after the other; each is accepted once, however often it is asked for."""
        number = 0
        while not self._over.is_set():
            run = await self._client.post(
                f"/api/workflows/{flow}/runs", {"inputs": {"n": 0}}, key=f"run-{name}-{number}"
            )
            self._run_ids.append(run["id"])
            await until(lambda run_id=run["id"]: self._is_done(run_id), 300)
            number += 1

    async def _is_done(self, run_id: str) -> bool:
        """As the receiver sees it: nobody asks the server."""
        last = (run_id, f"s{self._steps}")
        return self._over.is_set() or last in self._ledger.receiver.effects

    async def _kill(self) -> None:
        """At a random moment of a process's life, sometimes before it is ready; the next one is started."""
        if self._random.random() < 0.2:
            delay, since = self._random.uniform(0.2, 1.5), "its start"
        else:
            delay, since = self._random.uniform(0.0, 1.0), "it was ready"
            if len(self._server.ready_after) < len(self._server.starts):
                await self._server.ready()
        await asyncio.sleep(delay)
        self._server.kill()
        self._report.kills.append(f"{delay:.3f} s after {since}")
        self._server.start()

    async def _all_ended(self) -> bool:
        with closing(sqlite3.connect(self._database)) as connection:
            ((count,),) = connection.execute(_OPEN)
        return count == 0

    @property
    def _database(self) -> Path:
        return self._server.data / "liteagent.db"

    async def _check(self) -> None:
        report, receiver = self._report, self._ledger.receiver
        steps = step_names(self._steps)
        async with open_store(f"sqlite:///{self._database}") as store:
            wanted = len(report.kills) * self._clients
            report.problems += await problems_of_books(
                store.journal, receiver, self._run_ids, steps, repeats=wanted
            )
            for run_id in self._run_ids:
                report.problems += self._repeated(run_id, await store.journal.read(run_id))
        with closing(sqlite3.connect(self._database)) as connection:
            known = {
                run_id for (run_id,) in connection.execute("SELECT id FROM runs WHERE kind = 'workflow'")
            }
        report.problems += [f"run {each} is one that nobody was told of" for each in known - {*self._run_ids}]
        written = self._server.log.read_text(encoding="utf-8", errors="replace")
        report.problems += [
            f"the server's log: {line}" for line in written.splitlines() if "Traceback" in line
        ]
        report.runs, report.requests = len(self._run_ids), len(receiver.arrivals)
        report.repeats, report.ready_after = receiver.repeats, self._server.ready_after

    def _repeated(self, run_id: str, events: tuple[Event, ...]) -> list[str]:
        """A run of one step at a time repeats at most one request each time that it is taken over."""
        taken_over = sum(event.type == "run.claimed" for event in events) - 1
        self._report.taken_over += taken_over
        keys = Counter(each.key for each in self._ledger.receiver.arrivals if each.run_id == run_id)
        repeats = sum(keys.values()) - len(keys)
        return [f"run {run_id}: {repeats} repeats, {taken_over} take-overs"] if repeats > taken_over else []
