"""What the appends of one group add to the tables, checked before anything is written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.runs import Event, NewRun, RunRecord, Snapshot
from liteagent.infra.journal.known import Standing
from liteagent.infra.journal.rows import EventRow, rows_of
from liteagent.infra.journal.rules import check_place, moved, opened, run_exists, run_not_found

__all__ = ["Addition", "Opening", "Plan", "fresh_of"]

_Look = Callable[[Sequence[str]], Mapping[str, RunRecord]]


@dataclass(slots=True)
class Opening:
    """A run on its way to the tables.

    Attributes:
        unanswered: Whether it was sent to the database before, and the answer was lost.
    """

    record: RunRecord
    rows: list[EventRow]
    unanswered: bool = False

    @classmethod
    def of(cls, run: NewRun, first: Event, events: Sequence[Event]) -> "Opening":
        """The opening of a run with these events."""
        return cls(opened(run, first, events), rows_of((first, *events))[0])


def fresh_of(
    openings: Sequence[Opening], taken: Collection[str]
) -> tuple[list[Opening], list[RunRecord | Exception]]:
    """The openings of ids that are not taken, and for each of all its record, or that there is such a run."""
    fresh: dict[str, Opening] = {}
    outcomes = list[RunRecord | Exception]()
    for each in openings:
        run_id = each.record.id
        if run_id in taken or run_id in fresh:
            outcomes.append(run_exists(run_id))
        else:
            fresh[run_id] = each
            outcomes.append(each.record)
    return list(fresh.values()), outcomes


@dataclass(slots=True)
class Addition:
    """An append on its way to the tables.

    Attributes:
        rows: The events as rows.
        known: Where the run stands as far as this process knows; None has the run looked up.
        unanswered: Whether it was sent to the database before, and the answer was lost.
    """

    events: Sequence[Event]
    rows: list[EventRow]
    snapshot: Snapshot | None = None
    known: Standing | None = None
    unanswered: bool = False

    @property
    def run_id(self) -> str:
        """The run that it is for."""
        return self.events[0].run_id


@dataclass(slots=True)
class Plan:
    """The rows of all additions that may be made.

    Attributes:
        moved: The new records of runs of which more than the head changes.
        outcomes: For each addition where its run stands after it, or why it is refused.
    """

    rows: list[EventRow] = field(default_factory=list[EventRow])
    moved: dict[str, RunRecord] = field(default_factory=dict[str, RunRecord])
    snapshots: list[tuple[str, int, str]] = field(default_factory=list[tuple[str, int, str]])
    outcomes: list[Standing | Exception] = field(default_factory=list[Standing | Exception])

    @classmethod
    def of(cls, additions: Sequence[Addition], look: _Look) -> "Plan":
        """The plan for additions in this order; `look` reads the records of runs that are not known."""
        plan = cls()
        unknown = list(dict.fromkeys(each.run_id for each in additions if each.known is None))
        records: Mapping[str, RunRecord] = look(unknown) if unknown else {}
        standings = {run_id: Standing(record, record.head) for run_id, record in records.items()}
        for addition in additions:
            try:
                plan.outcomes.append(plan._add(addition, standings))
            except LiteAgentError as error:
                plan.outcomes.append(error)
        return plan

    def _add(self, addition: Addition, standings: dict[str, Standing]) -> Standing:
        run_id = addition.run_id
        standing = standings.get(run_id) or addition.known
        if standing is None:
            raise run_not_found(run_id)
        record, head = standing
        check_place(addition.events, record, head)
        after = moved(record, addition.events)
        if after is not record:
            self.moved[run_id] = after
        if addition.snapshot is not None:
            self.snapshots.append((run_id, addition.snapshot.seq, addition.snapshot.body))
        self.rows += addition.rows
        standings[run_id] = standing = Standing(after, head + len(addition.rows))
        return standing
