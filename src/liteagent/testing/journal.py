"""What every journal must do: subclass `JournalSuite` and give it a `journal` fixture."""

from typing import Any

import anyio
import pytest

from liteagent.contracts.errors import ConflictError, FencedError, InvalidInputError, NotFoundError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Event, Journal, NewRun, RunStatus, Snapshot

__all__ = ["JournalSuite"]

_PAST, _FUTURE = 1_000_000_000.0, 9_000_000_000.0


class JournalSuite:
    """The promises of `contracts.runs.Journal`."""

    @pytest.fixture
    def journal(self) -> Journal:
        """The journal under test, empty."""
        raise NotImplementedError("a subclass of JournalSuite defines the fixture `journal`")

    async def test_a_started_run_is_pending_and_holds_its_inputs(self, journal: Journal) -> None:
        """Event 1 is `run.started`."""
        event = await journal.start(_new(1, question="é \U0001f600"))
        record = await journal.get(_id(1))
        assert (record.status, record.head, record.owner) == (RunStatus.PENDING, 1, None)
        assert event.seq == 1
        assert (await journal.read(record.id)) == (event,)
        assert event.payload["inputs"] == {"question": "é \U0001f600"}

    async def test_a_run_starts_once(self, journal: Journal) -> None:
        """A second start of the same id is refused and changes nothing."""
        await journal.start(_new(1, n=1))
        with pytest.raises(ConflictError):
            await journal.start(_new(1, n=2))
        (event,) = await journal.read(_id(1))
        assert event.payload["inputs"] == {"n": 1}

    async def test_unknown_runs(self, journal: Journal) -> None:
        """Unknown runs have no record, no events, and take none."""
        assert await journal.read(_id(9)) == ()
        with pytest.raises(NotFoundError):
            await journal.get(_id(9))
        with pytest.raises(NotFoundError):
            await journal.append([_event(9, 2, "x.happened")])

    async def test_events_come_back_as_they_went_in(self, journal: Journal) -> None:
        """Order, payloads, references and times survive; `after` and `limit` cut."""
        await journal.start(_new(1))
        events = [
            _event(1, seq, "x.completed", {"n": [seq, None, {"deep": 1.5}]}, ref=1) for seq in (2, 3, 4)
        ]
        await journal.append(events)
        assert (await journal.read(_id(1)))[1:] == tuple(events)
        assert await journal.read(_id(1), after=2) == tuple(events[1:])
        assert await journal.read(_id(1), after=1, limit=1) == (events[0],)

    async def test_a_taken_place_is_refused_and_nothing_of_the_append_stays(self, journal: Journal) -> None:
        """The fence: who comes second writes nothing, not even its later events."""
        await journal.start(_new(1))
        await journal.append([_event(1, 2, "x.first")])
        with pytest.raises(FencedError):
            await journal.append([_event(1, 2, "x.second"), _event(1, 3, "x.second")])
        assert [event.type for event in await journal.read(_id(1))] == ["run.started", "x.first"]

    async def test_a_gap_is_refused(self, journal: Journal) -> None:
        """Places are taken without gaps."""
        await journal.start(_new(1))
        with pytest.raises(FencedError):
            await journal.append([_event(1, 3, "x.happened")])
        with pytest.raises(FencedError):
            await journal.append([_event(1, 2, "x.happened"), _event(1, 4, "x.happened")])
        assert (await journal.get(_id(1))).head == 1

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
        assert len(await journal.read(_id(1))) == 2

    async def test_of_many_runs_each_gets_its_events(self, journal: Journal) -> None:
        """Fifty runs append at once, ten times each; nothing is mixed up or lost."""
        runs = range(50)
        for n in runs:
            await journal.start(_new(n))

        async def work(n: int) -> None:
            for seq in range(2, 12):
                await journal.append([_event(n, seq, "x.happened", {"n": n, "seq": seq})])

        async with anyio.create_task_group() as group:
            for n in runs:
                group.start_soon(work, n)
        for n in runs:
            events = (await journal.read(_id(n)))[1:]
            assert [event.payload for event in events] == [{"n": n, "seq": seq} for seq in range(2, 12)]

    async def test_the_record_follows_the_events(self, journal: Journal) -> None:
        """Status, owner, epoch and the time to wake; a run that nobody works at has no owner."""
        await journal.start(_new(1))
        steps: list[tuple[str, JsonObject, tuple[object, ...]]] = [
            ("run.claimed", {"owner": "a"}, (RunStatus.RUNNING, "a", 1, None)),
            ("model.requested", {}, (RunStatus.RUNNING, "a", 1, None)),
            ("human.answered", {}, (RunStatus.RUNNING, "a", 1, None)),
            ("run.waiting_human", {"until": 50.5}, (RunStatus.WAITING_HUMAN, None, 1, 50.5)),
            ("human.answered", {}, (RunStatus.PENDING, None, 1, None)),
            ("run.claimed", {"owner": "b"}, (RunStatus.RUNNING, "b", 2, None)),
            ("run.parked", {"until": 70}, (RunStatus.PENDING, None, 2, 70.0)),
            ("run.claimed", {"owner": "b"}, (RunStatus.RUNNING, "b", 3, None)),
            ("run.paused", {}, (RunStatus.PAUSED, None, 3, None)),
            ("run.resumed", {}, (RunStatus.PENDING, None, 3, None)),
            ("run.claimed", {"owner": "c"}, (RunStatus.RUNNING, "c", 4, None)),
            ("run.completed", {}, (RunStatus.COMPLETED, "c", 4, None)),
        ]
        for seq, (type_, payload, expected) in enumerate(steps, 2):
            await journal.append([_event(1, seq, type_, payload)])
            record = await journal.get(_id(1))
            assert (record.status, record.owner, record.epoch, record.wake_at) == expected, type_
            assert record.head == seq

    async def test_all_events_of_one_append_count(self, journal: Journal) -> None:
        """A claim and a park in one commit leave the run parked, claimed once more."""
        await journal.start(_new(1))
        await journal.append(
            [_event(1, 2, "run.claimed", {"owner": "a"}), _event(1, 3, "run.parked", {"until": 9.0})]
        )
        record = await journal.get(_id(1))
        assert (record.status, record.owner, record.epoch) == (RunStatus.PENDING, None, 1)
        assert (record.wake_at, record.head) == (9.0, 3)

    async def test_a_run_may_start_with_events(self, journal: Journal) -> None:
        """As a fork does: they are there at once, and the record follows them."""
        copied = [
            _event(1, 2, "run.claimed", {"owner": "a"}),
            _event(1, 3, "run.completed"),
            _event(1, 4, "run.forked"),
        ]
        first = await journal.start(_new(1), events=copied)
        record = await journal.get(_id(1))
        assert await journal.read(_id(1)) == (first, *copied)
        assert (record.status, record.owner, record.head) == (RunStatus.PENDING, None, 4)
        await journal.append([_event(1, 5, "x.happened")])

    async def test_a_run_does_not_start_with_a_gap(self, journal: Journal) -> None:
        """Nothing of it is kept."""
        with pytest.raises(FencedError):
            await journal.start(_new(1), events=[_event(1, 3, "x.happened")])
        with pytest.raises(NotFoundError):
            await journal.get(_id(1))

    async def test_an_append_says_how_large_it_is(self, journal: Journal) -> None:
        """The bytes of the payloads as they are kept, which is what a history's tail says too."""
        await journal.start(_new(1))
        before = (await journal.history(_id(1))).tail_bytes
        size = await journal.append(
            [_event(1, 2, "x.happened", {"text": "é\U0001f600"}), _event(1, 3, "x.happened", {"n": 1})]
        )
        assert size >= len("é\U0001f600".encode()) + 2
        assert (await journal.history(_id(1))).tail_bytes == before + size

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("a\x00b", "a\x00b"),
            ("\ufffe\u2028'\"\\%s", "\ufffe\u2028'\"\\%s"),
            (float("nan"), None),
            (float("-inf"), None),
            (-0.0, -0.0),
            (2**63 - 1, 2**63 - 1),
            (1e308, 1e308),
        ],
    )
    async def test_strange_values_are_kept_alike(
        self, journal: Journal, value: JsonValue, kept: JsonValue
    ) -> None:
        """Whatever keeps them: NUL and quotes survive, what JSON has no number for is null."""
        await journal.start(_new(1))
        await journal.append([_event(1, 2, "x.happened", {"value": value})])
        assert (await journal.read(_id(1), after=1))[0].payload == {"value": kept}

    @pytest.mark.parametrize("value", ["\ud800", 2**70, {1: 2}, {1, 2}])
    async def test_what_is_no_json_is_refused_and_leaves_nothing(self, journal: Journal, value: Any) -> None:
        """Before anything is written."""
        await journal.start(_new(1))
        with pytest.raises(InvalidInputError):
            await journal.append([_event(1, 2, "x.happened"), _event(1, 3, "x.happened", {"value": value})])
        with pytest.raises(InvalidInputError):
            await journal.start(_new(2, value=value))
        assert (await journal.get(_id(1))).head == 1
        with pytest.raises(NotFoundError):
            await journal.get(_id(2))

    async def test_what_was_appended_is_not_changed_from_outside(self, journal: Journal) -> None:
        """A payload that its author goes on with stays as it was."""
        await journal.start(_new(1))
        payload: dict[str, Any] = {"list": [1]}
        await journal.append([_event(1, 2, "x.happened", payload)])
        payload["list"].append(2)
        assert (await journal.read(_id(1), after=1))[0].payload == {"list": [1]}

    async def test_an_ended_run_takes_no_more_events(self, journal: Journal) -> None:
        """COMPLETED, FAILED and CANCELLED are final."""
        for n, end in enumerate(("run.completed", "run.failed", "run.cancelled"), 1):
            await journal.start(_new(n))
            await journal.append([_event(n, 2, end)])
            with pytest.raises(FencedError, match="has ended"):
                await journal.append([_event(n, 3, "x.happened")])

    async def test_a_history_without_a_snapshot_is_all_events(self, journal: Journal) -> None:
        """From event 1, or up to the asked one."""
        first = await journal.start(_new(1))
        events = [_event(1, seq, "x.happened", {"n": seq}) for seq in (2, 3, 4)]
        await journal.append(events)
        history = await journal.history(_id(1))
        assert (history.started, history.snapshot) == (first, None)
        assert history.events == (first, *events)
        assert history.record == await journal.get(_id(1))
        assert (await journal.history(_id(1), up_to=2)).events == (first, events[0])
        assert (await journal.history(_id(1), up_to=99)).events == (first, *events)
        with pytest.raises(NotFoundError):
            await journal.history(_id(9))

    async def test_a_history_begins_at_the_nearest_snapshot(self, journal: Journal) -> None:
        """The newest at or before the asked event, with only the events after it."""
        first = await journal.start(_new(1))
        for seq in range(2, 9):
            snapshot = Snapshot(seq, f"state é {seq}") if seq in (3, 6) else None
            await journal.append([_event(1, seq, "x.happened", {"n": seq})], snapshot=snapshot)
        for up_to, at, seqs in [
            (None, 6, [7, 8]),
            (8, 6, [7, 8]),
            (7, 6, [7]),
            (6, 6, []),
            (5, 3, [4, 5]),
            (3, 3, []),
            (2, None, [1, 2]),
        ]:
            history = await journal.history(_id(1), up_to)
            assert history.snapshot == (None if at is None else Snapshot(at, f"state é {at}"))
            assert [event.seq for event in history.events] == seqs
            assert history.started == first
            assert (history.tail_bytes == 0) == (not seqs)

    async def test_a_snapshot_goes_with_its_events(self, journal: Journal) -> None:
        """None of a fenced append; the last place of several is the one it is for."""
        await journal.start(_new(1))
        with pytest.raises(FencedError):
            await journal.append([_event(1, 3, "x.happened")], snapshot=Snapshot(3, "lost"))
        await journal.append(
            [_event(1, 2, "x.happened"), _event(1, 3, "x.happened")], snapshot=Snapshot(3, "kept")
        )
        history = await journal.history(_id(1))
        assert (history.snapshot, history.events) == (Snapshot(3, "kept"), ())

    async def test_a_run_of_ten_thousand_events(self, journal: Journal) -> None:
        """It comes back whole and in order, and from a snapshot on."""
        await journal.start(_new(1))
        for begin in range(2, 10_002, 500):
            await journal.append([_event(1, begin + n, "x.happened", {"n": begin + n}) for n in range(500)])
        history = await journal.history(_id(1))
        assert [event.seq for event in history.events] == list(range(1, 10_002))
        assert history.events[-1].payload == {"n": 10_001}
        await journal.append([_event(1, 10_002, "x.happened")], snapshot=Snapshot(10_002, "s" * 100_000))
        assert (await journal.history(_id(1))).events == ()

    async def test_summaries_are_the_records_and_both_ends(self, journal: Journal) -> None:
        """In the order asked, without the unknown."""
        for n in (1, 2):
            await journal.start(_new(n, n=n))
        await journal.append([_event(2, 2, "x.happened"), _event(2, 3, "run.completed", {"out": 1})])
        second, first = await journal.summaries([_id(2), _id(9), _id(1)])
        assert (second.record, first.record) == (await journal.get(_id(2)), await journal.get(_id(1)))
        assert (second.first.type, second.last.payload) == ("run.started", {"out": 1})
        assert first.first == first.last
        assert await journal.summaries([]) == ()

    async def test_taken_are_the_runs_that_nobody_works_at(self, journal: Journal) -> None:
        """Pending, or claimed by the dead; not waiting, paused or ended ones, and none of the living."""
        histories: list[list[tuple[str, JsonObject]]] = [
            [],
            [("run.claimed", {"owner": "dead"})],
            [("run.claimed", {"owner": "living"})],
            [("run.waiting_human", {})],
            [("run.paused", {})],
            [("run.completed", {})],
            [("run.failed", {})],
            [("run.cancelled", {})],
            [("run.paused", {}), ("run.resumed", {})],
        ]
        for n, events in enumerate(histories):
            await journal.start(_new(n))
            for seq, (type_, payload) in enumerate(events, 2):
                await journal.append([_event(n, seq, type_, payload)])
        taken = await journal.take("me", {"me", "living"})
        assert [record.id for record in taken] == [_id(0), _id(1), _id(8)]
        assert [record.owner for record in taken] == ["me"] * 3
        assert taken == tuple([await journal.get(record.id) for record in taken])
        assert await journal.take("me", {"me", "living"}) == ()
        assert await journal.take("other", {"me", "other", "living"}) == ()
        again = await journal.take("other", {"other", "living"})
        assert [record.id for record in again] == [_id(0), _id(1), _id(8)], "once its owner is dead"

    async def test_a_run_that_waits_is_taken_when_its_time_has_come(self, journal: Journal) -> None:
        """Parked or waiting for a human, if there is a limit to it, and not before."""
        kinds = ("run.parked", "run.waiting_human")
        for n, (kind, until) in enumerate([(kind, until) for kind in kinds for until in (_PAST, _FUTURE)]):
            await journal.start(_new(n))
            await journal.append(
                [_event(n, 2, "run.claimed", {"owner": "a"}), _event(n, 3, kind, {"until": until})]
            )
        taken = await journal.take("a", {"a"})
        assert [(record.id, record.wake_at) for record in taken] == [(_id(0), _PAST), (_id(2), _PAST)]
        assert await journal.take("a", {"a"}) == ()

    async def test_the_oldest_are_taken_first_and_none_twice(self, journal: Journal) -> None:
        """A limit cuts; who comes next gets the rest."""
        for n in range(7):
            await journal.start(_new(n))
        living = {"a", "b"}
        takes = [await journal.take(owner, living, limit=3) for owner in ("a", "b", "a", "b")]
        assert [[record.id for record in taken] for taken in takes] == [
            [_id(0), _id(1), _id(2)],
            [_id(3), _id(4), _id(5)],
            [_id(6)],
            [],
        ]

    async def test_no_two_takers_get_the_same_run(self, journal: Journal) -> None:
        """Eight at once, for forty runs: each run once."""
        for n in range(40):
            await journal.start(_new(n))
        owners = [f"owner-{n}" for n in range(8)]
        taken: list[tuple[str, str]] = []

        async def take(owner: str) -> None:
            while found := await journal.take(owner, owners, limit=3):
                taken.extend((record.id, owner) for record in found)

        async with anyio.create_task_group() as group:
            for owner in owners:
                group.start_soon(take, owner)
        assert sorted(run_id for run_id, _ in taken) == [_id(n) for n in range(40)]
        for run_id, owner in taken:
            assert (await journal.get(run_id)).owner == owner

    async def test_taking_is_no_event_and_fences_nobody(self, journal: Journal) -> None:
        """The claim that follows does; who appends before it is the one who goes on."""
        await journal.start(_new(1))
        await journal.append([_event(1, 2, "run.claimed", {"owner": "old"})])
        (record,) = await journal.take("new", {"new"})
        assert (record.head, record.status, record.epoch) == (2, RunStatus.RUNNING, 1)
        await journal.append([_event(1, 3, "x.happened")])
        with pytest.raises(FencedError):
            await journal.append([_event(1, 3, "run.claimed", {"owner": "new"})])
        await journal.append([_event(1, 4, "run.claimed", {"owner": "new"})])
        with pytest.raises(FencedError):
            await journal.append([_event(1, 4, "x.happened")])
        record = await journal.get(_id(1))
        assert (record.owner, record.epoch, record.head) == ("new", 2, 4)


def _id(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012d}"


def _new(number: int, /, **inputs: JsonValue) -> NewRun:
    return NewRun(_id(number), "workspace", "user", "test", inputs)


def _event(n: int, seq: int, type_: str, payload: JsonObject | None = None, ref: int | None = None) -> Event:
    return Event(_id(n), seq, type_, payload or {}, 1_700_000_000.25 + seq, ref)
