"""The beginning of a run as the beginning of another."""

from collections.abc import Sequence
from dataclasses import replace

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import STATUS_AFTER, Event

__all__ = ["fork_events"]


def fork_events(events: Sequence[Event], new_run_id: str, patch: JsonObject, at: float) -> tuple[Event, ...]:
    """What comes after `run.started` in a fork that begins after the last of `events`.

    Args:
        events: Of the original, from event 1 on. If its end is among them it is left out.
        new_run_id: The fork's id.
        patch: What is changed in the state there; empty for nothing.
        at: Now, in seconds since the epoch.
    """
    original, last = events[0].run_id, events[-1].seq
    copied = [replace(event, run_id=new_run_id) for event in events[1:] if not _ends(event)]
    head = 1 + len(copied)
    added = [Event(new_run_id, head + 1, "run.forked", {"run_id": original, "at": last}, at)]
    if patch:
        added.append(Event(new_run_id, head + 2, "state.patched", {"patch": patch}, at))
    return (*copied, *added)


def _ends(event: Event) -> bool:
    status = STATUS_AFTER.get(event.type)
    return status is not None and status.ended
