"""What a performer may do to its worker, and what others may do between two looks at a run."""

import asyncio

import anyio
import pytest

from liteagent.contracts.runs import Event, EventDraft, RunStatus
from liteagent.infra.journal.sqlite import SqliteJournal
from tests.faults.harness.rig import Life, Performed
from tests.faults.harness.scene import Scene


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError("its own"), OSError("gone"), ExceptionGroup("", [OSError()])]
)
async def test_whatever_a_performer_raises_the_run_ends(scene: Scene, error: BaseException) -> None:
    """A cancellation that nobody asked for is a failure like any other: the run does not hang."""

    async def break_down(begun: Performed) -> None:
        raise error

    life = Life(scene.path, before_effect=break_down)
    with anyio.fail_after(5):
        for run_id in (scene.chat, scene.indexing):
            assert (await life.driver.advance(run_id)).status is RunStatus.FAILED
    await life.close()
    assert await scene.problems(both=False) == []


async def test_a_worker_that_is_stopped_leaves_the_run_to_the_next(scene: Scene) -> None:
    """Also where the performer answers its cancellation with another error."""

    async def resist(begun: Performed) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise OSError("the connection broke while it was closed")

    life = Life(scene.path, before_effect=resist)
    with anyio.move_on_after(0.2):
        await life.driver.advance(scene.chat)
    assert (await life.journal.get(scene.chat)).status is RunStatus.RUNNING
    await life.close()
    heir = Life(scene.path)
    assert (await heir.driver.advance(scene.chat)).status is RunStatus.COMPLETED
    await heir.close()
    assert await scene.problems(both=False) == []


class AnsweredMeanwhile:
    """A journal in which somebody answers a waiting run as soon as it was read."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.start, self.append = journal.start, journal.append
        self.get, self.history = journal.get, journal.history
        self.summaries, self.take = journal.summaries, journal.take

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        events = await self._journal.read(run_id, after, limit)
        if events and events[-1].type == "run.waiting_human" and limit is None:
            types = ("human.answered", "run.claimed")
            head = events[-1].seq
            await self._journal.append(
                [Event(run_id, head + n, each, {}, 0.0) for n, each in enumerate(types, 1)]
            )
        return events


async def test_who_waits_for_a_question_gets_it_though_it_is_answered_at_once(scene: Scene) -> None:
    life = Life(scene.path)
    asked = {"request_id": "r", "question": "Which?"}
    drafts = [EventDraft("human.requested", asked), EventDraft("run.waiting_human", {"waiting_for": [asked]})]
    await life.journal.append(
        [Event(scene.chat, n, each.type, each.payload, 0.0) for n, each in enumerate(drafts, 2)]
    )
    watcher = Life(scene.path, journal_of=AnsweredMeanwhile)
    with anyio.fail_after(5):
        event = await watcher.runs.settled(scene.chat)
    assert event.type == "run.waiting_human"
    for each in (life, watcher):
        await each.close()
