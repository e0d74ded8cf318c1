"""When a snapshot is due."""

import pytest

from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.snapshots import Snapshots
from tests.unit.runs.world import World


def is_due(tail: int, events: int, last: int = 0) -> bool:
    """Whether one is, after `events` events of `tail` bytes in all that followed one of `last` bytes."""
    program = World().program({"lanes": [1]})
    snapshots, state = Snapshots(program), program.reducer.initial
    head = 0
    if last:
        snapshots.wrote(2_000_000, None)
        first = snapshots.due(state, Ledger(head=2_048))
        assert first is not None
        snapshots.wrote(0, first.__class__(first.seq, "x" * last))
        head = first.seq
    snapshots.wrote(tail, None)
    return snapshots.due(state, Ledger(head=head + events)) is not None


@pytest.mark.parametrize(
    ("tail", "events", "due"),
    [(1, 2_047, False), (1, 2_048, True), (999_999, 9, False), (1_000_000, 9, True)],
)
def test_it_is_due_after_many_events_or_large_ones(tail: int, events: int, due: bool) -> None:
    assert is_due(tail, events) is due
    assert is_due(tail + 100, events, last=100) is (due or tail + 100 >= 1_000_000)


def test_it_is_not_due_before_the_journal_has_outgrown_the_last_one() -> None:
    assert not is_due(3_000_000, 9_000, last=3_000_000)
    assert is_due(3_000_001, 9_000, last=3_000_000)
