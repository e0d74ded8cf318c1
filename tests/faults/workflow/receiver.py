"""The books of a service that is called by the steps of runs, and honours their idempotency keys."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Arrival", "Fault", "Receiver", "RefusedError"]


class Fault(Enum):
    """What goes wrong with a call."""

    NONE = "none"
    BEFORE = "before"
    """It is refused, and nothing happens."""
    AFTER = "after"
    """It takes effect, and the answer is lost."""
    HANG = "hang"
    """It takes effect, and no answer ever comes."""


class RefusedError(ConnectionError):
    """The connection broke; whoever called does not know whether the call took effect."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in. `number` counts all of them, from 1."""

    number: int
    run_id: str
    step: str
    key: str
    value: int


def _sound(_arrival: Arrival) -> Fault:
    return Fault.NONE


@dataclass(slots=True)
class Receiver:
    """Adds one to what it is sent, once for each key; a key seen again gets the first answer again.

    Attributes:
        fault: What goes wrong with a request.
        arrivals: Every request, in order.
        effects: By run and step the keys under which it took effect, in order. A request without a key takes
            effect each time.
    """

    fault: Callable[[Arrival], Fault] = _sound
    arrivals: list[Arrival] = field(default_factory=list[Arrival])
    effects: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])
    _answers: dict[str, int] = field(default_factory=dict[str, int])

    def receive(self, run_id: str, step: str, key: str, value: int) -> tuple[int, Fault]:
        """Take a request in: the answer, and what becomes of it on its way (AFTER and HANG keep it back).

        Raises:
            RefusedError: Refused before it took effect.
        """
        arrival = Arrival(len(self.arrivals) + 1, run_id, step, key, value)
        self.arrivals.append(arrival)
        fault = self.fault(arrival)
        if fault is Fault.BEFORE:
            raise RefusedError(f"request {arrival.number} was refused")
        if key not in self._answers or not key:
            self.effects.setdefault((run_id, step), []).append(key)
            self._answers[key] = value + 1
        return self._answers[key], fault

    async def call(self, run_id: str, step: str, key: str, value: int) -> int:
        """The same for callers in this process; a call that hangs is one that breaks.

        Raises:
            RefusedError: Refused, or its answer was lost.
        """
        answer, fault = self.receive(run_id, step, key, value)
        if fault is not Fault.NONE:
            raise RefusedError("the answer was lost")
        return answer

    @property
    def repeats(self) -> int:
        """Raw repeats: requests whose key had come before."""
        return sum(Counter(arrival.key for arrival in self.arrivals if arrival.key).values()) - len(
            {arrival.key for arrival in self.arrivals if arrival.key}
        )

    def problems(self, run_ids: Collection[str], steps: Collection[str], repeats: int) -> Iterator[str]:
        """What is lost or doubled where each of these runs had each of these steps done once.

        Args:
            repeats: How many raw repeats there may be in all.
        """
        for run_id, step in sorted({(run_id, step) for run_id in run_ids for step in steps}):
            keys = self.effects.get((run_id, step), [])
            if not keys:
                yield f"run {run_id}: step {step} was lost"
            elif len(keys) > 1:
                yield f"run {run_id}: step {step} took effect {len(keys)} times, under {keys}"
            elif not keys[0].startswith(f"{run_id}:"):
                yield f"run {run_id}: step {step} came with the key {keys[0]!r}"
        for run_id, step in self.effects.keys() - {(run_id, step) for run_id in run_ids for step in steps}:
            yield f"run {run_id}: nobody asked for step {step}"
        if self.repeats > repeats:
            yield f"{self.repeats} requests were repeated, and there was reason for {repeats}"
