"""Do the books balance? What the journals say of runs, and what the receiver says of their steps."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.runs import STATUS_AFTER, Event, Journal, RunRecord
from tests.faults.workflow.receiver import Receiver

__all__ = ["problems_of_books", "problems_of_journal", "problems_of_run"]


async def problems_of_books(
    journal: Journal,
    receiver: Receiver,
    run_ids: Collection[str],
    steps: Sequence[str],
    *,
    repeats: int,
    outputs: int | None = None,
) -> list[str]:
    """What is lost, doubled, torn or unfinished, where each run was to complete and do each step once.

    Args:
        repeats: How many raw repeats there may be in all.
        outputs: What each run is to come to; None: the number of its steps.
    """
    wanted = {"n": len(steps) if outputs is None else outputs}
    problems = list(receiver.problems(run_ids, steps, repeats))
    for run_id in run_ids:
        try:
            record = await journal.get(run_id)
        except NotFoundError:
            problems.append(f"run {run_id} was lost")
            continue
        problems += problems_of_run(record, await journal.read(run_id), steps, wanted)
    return problems


def problems_of_run(
    record: RunRecord, events: Sequence[Event], steps: Sequence[str], outputs: Any
) -> Iterator[str]:
    """Of a run that was to complete with these steps."""
    for problem in (*problems_of_journal(record, events), *_ending(events, steps, outputs)):
        yield f"run {record.id} ({record.status}): {problem}"


def problems_of_journal(record: RunRecord, events: Sequence[Event]) -> Iterator[str]:
    """Of any run, wherever it stands: gaps, an end before the end, results or claims that do not fit."""
    seqs = [event.seq for event in events]
    if seqs != list(range(1, len(seqs) + 1)) or record.head != len(seqs):
        yield f"its events are {seqs}, and its head is {record.head}"
    statuses = [STATUS_AFTER[event.type] for event in events if event.type in STATUS_AFTER]
    if sum(status.ended for status in statuses) > 1 or any(status.ended for status in statuses[:-1]):
        yield f"it went on after its end: {[event.type for event in events[-5:]]}"
    yield from _results(events)
    yield from _claims(record, events)
    yield from _pauses(events)


def _results(events: Sequence[Event]) -> Iterator[str]:
    asked = {event.seq: event for event in events if "safety" in event.payload}
    answers = [event for event in events if event.ref is not None]
    for ref, times in Counter(event.ref for event in answers).items():
        if times > 1 or ref not in asked:
            yield f"request {ref} has {times} results"
    for event in answers:
        request = asked.get(event.ref or 0)
        if request and (event.seq < request.seq or event.payload.get("node") != request.payload.get("node")):
            yield f"event {event.seq} is no result of event {event.ref}"


def _claims(record: RunRecord, events: Sequence[Event]) -> Iterator[str]:
    epochs = [event.payload.get("epoch") for event in events if event.type == "run.claimed"]
    if epochs != list(range(1, len(epochs) + 1)) or record.epoch != len(epochs):
        yield f"its claims have the epochs {epochs}, and the record says {record.epoch}"


def _pauses(events: Sequence[Event]) -> Iterator[str]:
    paused = False
    for event in events:
        paused = event.type == "run.paused" or (paused and event.type not in ("run.resumed", "run.cancelled"))
        if paused and "safety" in event.payload:
            yield f"event {event.seq} began something in a pause"


def _ending(events: Sequence[Event], steps: Sequence[str], outputs: Any) -> Iterator[str]:
    last = events[-1]
    if last.type != "run.completed":
        yield f"it stands at {last.type} {last.payload.get('error') or ''}"
        return
    if last.payload.get("outputs") != outputs:
        yield f"it came to {last.payload.get('outputs')}, and not to {outputs}"
    asked = {event.seq for event in events if "safety" in event.payload}
    answered = {event.ref for event in events if event.ref is not None}
    if asked != answered:
        yield f"requests without a result: {sorted(asked - answered)}"
    yield from _each_once(events, steps)


def _each_once(events: Iterable[Event], steps: Sequence[str]) -> Iterator[str]:
    done = Counter(event.payload.get("node") for event in events if event.type == "node.completed")
    for step in steps:
        if done[step] != 1:
            yield f"step {step} was completed {done[step]} times"
