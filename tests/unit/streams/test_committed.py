"""Events that were committed in this process are at hand for those who watch."""

from liteagent.contracts.runs import Event
from liteagent.infra.streams.memory import MemoryStreams

RUN = "run-1"


def _events(*places: int) -> list[Event]:
    return [Event(RUN, seq, "x", {}, 0.0) for seq in places]


def test_a_run_that_begins_here_is_known_from_its_first_event_until_its_turn_is_over() -> None:
    streams = MemoryStreams()
    assert streams.committed(RUN, 0) is None
    streams.notify(RUN, _events(1, 2))
    streams.notify(RUN, _events(3))
    assert [event.seq for event in streams.committed(RUN, 1) or ()] == [2, 3]
    assert streams.committed(RUN, 3) == []
    streams.close(RUN)
    assert streams.committed(RUN, 0) is None


def test_who_watches_keeps_what_was_committed_after_the_turn_is_over() -> None:
    streams = MemoryStreams()
    with streams.watch(RUN):
        streams.notify(RUN, _events(4, 5))
        streams.close(RUN)
        assert [event.seq for event in streams.committed(RUN, 3) or ()] == [4, 5]
        assert streams.committed(RUN, 2) is None
    assert streams.committed(RUN, 3) is None


def test_after_a_gap_the_journal_has_to_be_asked() -> None:
    streams = MemoryStreams()
    streams.notify(RUN, _events(1, 2))
    streams.notify(RUN, _events(4))
    assert streams.committed(RUN, 2) is None
    assert [event.seq for event in streams.committed(RUN, 3) or ()] == [4]


def test_only_the_newest_are_kept() -> None:
    streams = MemoryStreams()
    streams.notify(RUN, _events(*range(1, 200)))
    assert streams.committed(RUN, 10) is None
    assert [event.seq for event in streams.committed(RUN, 197) or ()] == [198, 199]
