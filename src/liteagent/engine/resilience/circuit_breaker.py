"""A circuit breaker: a provider that keeps failing is left alone for a while, then asked by one caller.

    closed ──failures in a row──▶ open ──open_for──▶ half-open ──the probe succeeds──▶ closed
                                    ▲                    │
                                    └────it fails────────┘

The state is a value with pure transitions; `SharedCircuit` keeps it in a cache, where all processes see it.
"""

import json
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Literal, TypeAlias

from liteagent.contracts.cache import Cache
from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ProviderUnavailableError

__all__ = [
    "Admission",
    "BreakerPolicy",
    "Circuit",
    "CircuitOpenError",
    "Outcome",
    "Phase",
    "Refusal",
    "SharedCircuit",
]

Phase: TypeAlias = Literal["closed", "open", "half_open"]
Outcome: TypeAlias = Literal["succeeded", "failed", "left"]
"""What came of a call that was admitted; `left` says nothing of the provider: the caller went away."""


class CircuitOpenError(ProviderUnavailableError):
    """The provider was not asked, since it has failed again and again; `retry_after` says when it is."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a circuit opens, and for how long; all times are in seconds.

    Attributes:
        failures: How many in a row open it.
        within: Longest time between two failures of one row.
        open_for: How long nobody is let through.
        probe_for: How long the one probe may take; after that another caller becomes the probe.
    """

    failures: int = 5
    within: float = 60.0
    open_for: float = 30.0
    probe_for: float = 120.0


@dataclass(frozen=True, slots=True)
class Admission:
    """A call is let through. `epoch` tells results of the circuit's past from those of its present."""

    epoch: int
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call is not let through; `seconds` from now it may be."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Circuit:
    """The state of a circuit.

    Attributes:
        failures: In a row, while it is closed.
        failed_at: When the last one was.
        opened_at: When it opened; None while it is closed.
        probe_until: Until when a probe is out.
        epoch: Grows when it opens, closes or sends a probe.
    """

    failures: int = 0
    failed_at: float = 0.0
    opened_at: float | None = None
    probe_until: float | None = None
    epoch: int = 0

    def phase(self, policy: BreakerPolicy, now: float) -> Phase:
        """What it is at `now`."""
        if self.opened_at is None:
            return "closed"
        return "open" if now < self.opened_at + policy.open_for else "half_open"

    def admit(self, policy: BreakerPolicy, now: float) -> "tuple[Circuit, Admission | Refusal]":
        """Whether a caller is let through, and the circuit after that."""
        if self.opened_at is None:
            return self, Admission(self.epoch)
        if (rest := self.opened_at + policy.open_for - now) > 0:
            return self, Refusal(rest)
        if self.probe_until is not None and (rest := self.probe_until - now) > 0:
            return self, Refusal(rest)
        probing = replace(self, probe_until=now + policy.probe_for, epoch=self.epoch + 1)
        return probing, Admission(probing.epoch, probe=True)

    def after(self, admission: Admission, outcome: Outcome, policy: BreakerPolicy, now: float) -> "Circuit":
        """The circuit after a call; one that was admitted before it last turned changes nothing."""
        if admission.epoch != self.epoch:
            return self
        match outcome:
            case "succeeded":
                return self._succeeded(admission)
            case "failed":
                return self._failed(admission, policy, now)
            case "left":
                return replace(self, probe_until=None) if admission.probe else self

    def _succeeded(self, admission: Admission) -> "Circuit":
        if admission.probe:
            return Circuit(epoch=self.epoch + 1)
        return replace(self, failures=0, failed_at=0.0) if self.failures else self

    def _failed(self, admission: Admission, policy: BreakerPolicy, now: float) -> "Circuit":
        failures = self.failures + 1 if now - self.failed_at <= policy.within else 1
        if admission.probe or failures >= policy.failures:
            return Circuit(opened_at=now, epoch=self.epoch + 1)
        return replace(self, failures=failures, failed_at=now)

    def to_bytes(self) -> bytes:
        """The circuit as it stands in a cache."""
        return json.dumps(astuple(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes | None) -> "Circuit":
        """The circuit that `to_bytes` wrote; a closed one for None."""
        return cls() if data is None else cls(*json.loads(data))


class SharedCircuit:
    """A circuit in a cache: whoever uses the same key shares it.

    Args:
        cache: Keeps it. Where it is lost, the circuit is closed.
        key: Its name.
        policy: When it opens.
        clock: What time it is.
    """

    def __init__(self, cache: Cache, key: str, policy: BreakerPolicy, clock: Clock) -> None:
        self._cache = cache
        self._key = key
        self._policy = policy
        self._clock = clock
        self._ttl = 2 * (policy.within + policy.open_for + policy.probe_for)

    async def enter(self) -> Admission:
        """Be let through.

        Raises:
            CircuitOpenError: Nobody is, or somebody else is the probe.
        """
        verdict: list[Admission | Refusal] = []

        def admit(circuit: Circuit) -> Circuit:
            after, said = circuit.admit(self._policy, self._clock.now())
            verdict.append(said)
            return after

        await self._turn(admit)
        last = verdict[-1]
        if isinstance(last, Admission):
            return last
        raise CircuitOpenError(
            "The provider failed several times in a row and is left alone for a moment. Try again in "
            f"{max(1, round(last.seconds))} seconds, or give the agent a fallback.",
            retry_after=last.seconds,
            details={"circuit": "open"},
        )

    async def leave(self, admission: Admission, outcome: Outcome) -> None:
        """Say what came of the call."""
        await self._turn(lambda circuit: circuit.after(admission, outcome, self._policy, self._clock.now()))

    async def phase(self) -> Phase:
        """What the circuit is now."""
        circuit = Circuit.from_bytes(await self._cache.get(self._key))
        return circuit.phase(self._policy, self._clock.now())

    async def _turn(self, transition: Callable[[Circuit], Circuit]) -> None:
        while True:
            old = await self._cache.get(self._key)
            before = Circuit.from_bytes(old)
            after = transition(before)
            if after == before or await self._cache.replace(self._key, old, after.to_bytes(), self._ttl):
                return
