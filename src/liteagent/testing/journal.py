"""What every journal must do: subclass `JournalSuite` and give it a `journal` fixture."""

import anyio
import pytest

from liteagent.contracts.errors import ConflictError, FencedError, NotFoundError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Event, EventDraft, Journal, NewRun, RunStatus

__all__ = ["JournalSuite"]

_RUN = "01900000-0000-7000-8000-00000000000{}"


class JournalSuite:
    """The promises of `contracts.runs.Journal`."""

    @pytest.fixture
    def journal(self) -> Journal:
        """The journal under test, empty."""
        raise NotImplementedError("a subclass of JournalSuite defines the fixture `journal`")

    async def test_a_started_run_is_pending_and_holds_its_inputs(self, journal: Journal) -> None:
        """Event 1 is `run.started`."""
        event = await journal.start(_new(1, question="é \U0001f600"))
        record = await journal.get(_RUN.format(1))
        assert (record.status, record.head, record.owner) == (RunStatus.PENDING, 1, None)
        assert event.seq == 1
        assert (await journal.read(record.id)) == (event,)
        assert event.payload["inputs"] == {"question": "é \U0001f600"}

    async def test_a_run_starts_once(self, journal: Journal) -> None:
        """A second start of the same id is refused and changes nothing."""
        await journal.start(_new(1, n=1))
        with pytest.raises(ConflictError):
            await journal.start(_new(1, n=2))
        (event,) = await journal.read(_RUN.format(1))
        assert event.payload["inputs"] == {"n": 1}

    async def test_unknown_runs(self, journal: Journal) -> None:
        """Unknown runs have no record, no events, and take none."""
        assert await journal.read(_RUN.format(9)) == ()
        with pytest.raises(NotFoundError):
            await journal.get(_RUN.format(9))
        with pytest.raises(NotFoundError):
            await journal.append([_event(9, 2, "x.happened")])

    async def test_events_come_back_as_they_went_in(self, journal: Journal) -> None:
        """Order, payloads, references and times survive; `after` and `limit` cut."""
        await journal.start(_new(1))
        events = [
            _event(1, seq, "x.completed", {"n": [seq, None, {"deep": 1.5}]}, ref=1) for seq in (2, 3, 4)
        ]
        await journal.append(events)
        assert (await journal.read(_RUN.format(1)))[1:] == tuple(events)
        assert await journal.read(_RUN.format(1), after=2) == tuple(events[1:])
        assert await journal.read(_RUN.format(1), after=1, limit=1) == (events[0],)

    async def test_a_taken_place_is_refused_and_nothing_of_the_append_stays(self, journal: Journal) -> None:
        """The fence: who comes second writes nothing, not even its later events."""
        await journal.start(_new(1))
        await journal.append([_event(1, 2, "x.first")])
        with pytest.raises(FencedError):
            await journal.append([_event(1, 2, "x.second"), _event(1, 3, "x.second")])
        assert [event.type for event in await journal.read(_RUN.format(1))] == ["run.started", "x.first"]

    async def test_a_gap_is_refused(self, journal: Journal) -> None:
        """Places are taken without gaps."""
        await journal.start(_new(1))
        with pytest.raises(FencedError):
            await journal.append([_event(1, 3, "x.happened")])
        with pytest.raises(FencedError):
            await journal.append([_event(1, 2, "x.happened"), _event(1, 4, "x.happened")])
        assert (await journal.get(_RUN.format(1))).head == 1

    async def test_of_many_writers_one_wins_each_place(self, journal: Journal) -> None:
        """Twenty append to the same place at once: one event, nineteen fenced."""
        await journal.start(_new(1))
        fenced: list[int] = []

        async def attempt(n: int) -> None:
            try:
                await journal.append([_event(1, 2, "x.happened", {"n": n})])
            except FencedError:
                fenced.append(n)

        async with anyio.create_task_group() as group:
            for n in range(20):
                group.start_soon(attempt, n)
        assert len(fenced) == 19
        assert len(await journal.read(_RUN.format(1))) == 2

    async def test_status_and_owner_follow_the_events(self, journal: Journal) -> None:
        """The last status event of an append counts; others leave the status."""
        await journal.start(_new(1))
        steps = [
            (EventDraft("run.claimed", {"owner": "a"}), RunStatus.RUNNING, "a"),
            (EventDraft("model.requested", {}), RunStatus.RUNNING, "a"),
            (EventDraft("run.waiting_human", {}), RunStatus.WAITING_HUMAN, "a"),
            (EventDraft("human.answered", {}), RunStatus.PENDING, "a"),
            (EventDraft("run.claimed", {"owner": "b"}), RunStatus.RUNNING, "b"),
            (EventDraft("run.completed", {}), RunStatus.COMPLETED, "b"),
        ]
        for seq, (draft, status, owner) in enumerate(steps, 2):
            await journal.append([_event(1, seq, draft.type, dict(draft.payload))])
            record = await journal.get(_RUN.format(1))
            assert (record.status, record.owner, record.head) == (status, owner, seq)

    async def test_an_ended_run_takes_no_more_events(self, journal: Journal) -> None:
        """COMPLETED, FAILED and CANCELLED are final."""
        for n, end in enumerate(("run.completed", "run.failed", "run.cancelled"), 1):
            await journal.start(_new(n))
            await journal.append([_event(n, 2, end)])
            with pytest.raises(FencedError, match="has ended"):
                await journal.append([_event(n, 3, "x.happened")])

    async def test_runnable_runs_are_the_pending_and_the_running(self, journal: Journal) -> None:
        """Oldest first; waiting and ended runs are not among them."""
        for n in (1, 2, 3, 4):
            await journal.start(_new(n))
        await journal.append([_event(2, 2, "run.claimed", {"owner": "a"})])
        await journal.append([_event(3, 2, "run.waiting_human")])
        await journal.append([_event(4, 2, "run.completed")])
        assert [record.id for record in await journal.runnable()] == [_RUN.format(1), _RUN.format(2)]


def _new(number: int, /, **inputs: JsonValue) -> NewRun:
    return NewRun(_RUN.format(number), "workspace", "user", "test", inputs)


def _event(n: int, seq: int, type_: str, payload: JsonObject | None = None, ref: int | None = None) -> Event:
    return Event(_RUN.format(n), seq, type_, payload or {}, 1_700_000_000.25 + seq, ref)
