"""Many queued runs on Postgres, two worker processes, and somebody who kills them."""

import asyncio
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from liteagent.contracts.runs import Event
from liteagent.infra.journal.rows import event_of
from liteagent.infra.system import new_id
from tests.faults.harness.waiting import until
from tests.faults.workflow.books import problems_of_run
from tests.faults.workflow.colony import Member
from tests.faults.workflow.flows import new_run, step_names
from tests.faults.workflow.stage import Stage, open_stage
from tests.services.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

STEPS = 3
WORKERS = 2
SLACK = 5.0
"""Seconds between two sweeps."""
_OPEN = "SELECT count(*) FROM runs WHERE status IN ('PENDING', 'RUNNING')"
_EVENTS = "SELECT run_id, seq, type, payload, at, ref FROM run_events ORDER BY run_id, seq"


def seed() -> int:
    """Of the kills; FAULT_SEED in the environment replays another's."""
    return int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))


@dataclass(frozen=True)
class Kill:
    """A worker that was killed: who and when, in seconds since the epoch."""

    owner: str
    at: float


@dataclass
class Report:
    """What became of the runs."""

    seed: int
    runs: int
    kills: list[Kill] = field(default_factory=list[Kill])
    seconds: float = 0.0
    repeats: int = 0
    takeovers: list[float] = field(default_factory=list[float])
    """Seconds from a kill to the next claim of each run that was left."""
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        """For a person; replay with FAULT_SEED."""
        slowest = max(self.takeovers, default=0.0)
        return (
            f"FAULT_SEED={self.seed}: {self.runs} runs x {STEPS} effects, {len(self.kills)} x kill -9: "
            f"{self.seconds:.1f} s; {len(self.takeovers)} take-overs, the slowest after {slowest:.1f} s; "
            f"{self.repeats} raw repeats; {len(self.problems)} problems {self.problems[:5]}"
        )


class Queue:
    """The runs, their workers, and the kills.

    Args:
        lease: Seconds that a worker counts as alive after a beat.
        patience: Seconds that all of it may take.
    """

    def __init__(self, stage: Stage, runs: int, *, lease: float, patience: float) -> None:
        self._stage = stage
        self._lease = lease
        self._patience = patience
        self._run_ids = [new_id() for _ in range(runs)]
        self._workers: list[Member] = []
        self._report = Report(seed(), runs)
        self._random = random.Random(self._report.seed)

    async def work(self, kills: int) -> Report:
        """Until all runs have ended, which nobody asks for; then the books are read."""
        await self._accept()
        began = time.time()
        for _ in range(WORKERS):
            await self._begin()
        for share in sorted(self._random.uniform(0.02, 0.95) for _ in range(kills)):
            await self._until_seen(share)
            await self._kill()
        await until(self._all_ended, self._patience)
        self._report.seconds = time.time() - began
        self._report.repeats = self._stage.ledger.receiver.repeats
        await self._check()
        return self._report

    async def _accept(self) -> None:
        for first in range(0, len(self._run_ids), 500):
            some = self._run_ids[first : first + 500]
            await asyncio.gather(*(self._stage.journal.start(new_run(each, STEPS)) for each in some))

    async def _begin(self) -> None:
        self._workers.append(await self._stage.begin(lease=self._lease))

    async def _kill(self) -> None:
        victim = self._workers.pop(self._random.randrange(WORKERS))
        await victim.kill()
        self._report.kills.append(Kill(victim.orders.owner, time.time()))
        await self._begin()

    async def _until_seen(self, share: float) -> None:
        """Wait until this share of all effects has come to the receiver."""
        wanted = share * len(self._run_ids) * STEPS

        async def is_seen() -> bool:
            return len(self._stage.ledger.receiver.effects) >= wanted

        await until(is_seen, self._patience)

    async def _all_ended(self) -> bool:
        def count(session: Session) -> int:
            return session.execute(text(_OPEN)).scalar_one()

        await asyncio.sleep(0.1)  # it counts a whole table
        return await self._stage.database.read(count) == 0

    async def _check(self) -> None:
        journals = await self._journals()
        report, receiver = self._report, self._stage.ledger.receiver
        claims = sum(event.type == "run.claimed" for events in journals.values() for event in events)
        taken_over = claims - len(journals)
        report.problems += receiver.problems(self._run_ids, step_names(STEPS), repeats=taken_over)
        for first in range(0, len(self._run_ids), 1000):
            for each in await self._stage.journal.summaries(self._run_ids[first : first + 1000]):
                events = journals[each.record.id]
                report.problems += problems_of_run(each.record, events, step_names(STEPS), {"n": STEPS})
        report.problems += [f"run {each} was lost" for each in self._run_ids if each not in journals]
        report.takeovers = [seconds for events in journals.values() for seconds in self._takeovers(events)]

    async def _journals(self) -> dict[str, list[Event]]:
        def read(session: Session) -> dict[str, list[Event]]:
            found: dict[str, list[Event]] = defaultdict(list)
            for row in session.execute(text(_EVENTS)):
                event = event_of(tuple(row))
                found[event.run_id].append(event)
            return found

        return await self._stage.database.read(read)

    def _takeovers(self, events: Sequence[Event]) -> Iterator[float]:
        """Seconds from the death of each of a run's workers to the claim of the next."""
        deaths = {kill.owner: kill.at for kill in self._report.kills}
        claims = [event for event in events if event.type == "run.claimed"]
        for claim, following in pairwise(claims):
            owner = str(claim.payload["owner"])
            if owner in deaths:
                yield self._wait(deaths[owner], following.at)
            else:
                self._report.problems.append(f"run {claim.run_id} was taken from {owner}, who lived")

    def _wait(self, death: float, claim: float) -> float:
        """How long a run was left; where its heir died before it came to a claim, the longer of the waits."""
        if claim - death <= self._lease + SLACK:
            return claim - death
        between = [kill.at for kill in self._report.kills if death < kill.at < claim]
        return max(later - earlier for earlier, later in pairwise([death, *between, claim]))


@pytest.fixture
async def stage(request: pytest.FixtureRequest) -> AsyncGenerator[Stage]:
    """Over Postgres."""
    async with open_stage(request.getfixturevalue("postgres_url")) as stage:
        yield stage


async def test_three_hundred_runs_and_two_kills(stage: Stage) -> None:
    report = await Queue(stage, 300, lease=2.0, patience=60).work(kills=2)
    sys.stdout.write(f"{report}\n")
    assert report.problems == [], report
    assert max(report.takeovers, default=0.0) <= 4.0, report


@pytest.mark.soak
async def test_ten_thousand_runs_and_ten_kills(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    report = await Queue(stage, 10_000, lease=15.0, patience=600).work(kills=10)
    with capfd.disabled():
        sys.stdout.write(f"\n{report}\n")
    assert report.problems == [], report
    assert report.takeovers
    assert max(report.takeovers) <= 20.0, report
