"""What every journal checks and derives, whatever keeps it."""

from collections.abc import Sequence

from liteagent.contracts.errors import FencedError, NotFoundError
from liteagent.contracts.runs import STATUS_AFTER, Event, NewRun, RunStatus

__all__ = ["check_place", "owner_after", "run_not_found", "started", "status_after"]


def started(run: NewRun, at: float) -> Event:
    """Event 1 of a run."""
    payload = {"inputs": run.inputs, "definition": run.definition, "kind": run.kind}
    return Event(run.id, 1, "run.started", payload, at)


def status_after(events: Sequence[Event]) -> RunStatus | None:
    """The status that these events bring, or None if they leave it."""
    statuses = [STATUS_AFTER[event.type] for event in events if event.type in STATUS_AFTER]
    return statuses[-1] if statuses else None


def owner_after(events: Sequence[Event]) -> str | None:
    """The owner that the last claim among these events names."""
    owners = [event.payload.get("owner") for event in events if event.type == "run.claimed"]
    return str(owners[-1]) if owners else None


def check_place(events: Sequence[Event], head: int, status: RunStatus) -> None:
    """Whether `events` may follow event `head` of a run in `status`.

    Raises:
        FencedError: Somebody else has appended, or the run has ended.
    """
    first = events[0]
    if status.ended:
        raise FencedError(f"Run {first.run_id} has ended ({status}); it takes no more events.")
    if [event.seq for event in events] != list(range(head + 1, head + 1 + len(events))):
        raise FencedError(
            f"Run {first.run_id} stands at event {head}; another worker has taken place {first.seq}."
        )


def run_not_found(run_id: str) -> NotFoundError:
    """There is no such run."""
    return NotFoundError(f"There is no run {run_id}. List them with GET /api/runs.", code="run_not_found")
