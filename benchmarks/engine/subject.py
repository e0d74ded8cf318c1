"""What every measured engine can do: three flows, on one store, with one kind of payload."""

import base64
import itertools
import random
from collections.abc import Callable
from typing import Protocol, TypeAlias

__all__ = ["STEPS", "Each", "Payloads", "Subject", "nothing"]

STEPS = 10
"""Steps of the linear flow."""

Each: TypeAlias = Callable[[int], None]
"""Called by the body of a loop's step, with the number of the step from 1."""


class Subject(Protocol):
    """An engine that is ready to run. Every step hands a payload on, and each flow checks that it was run."""

    @property
    def loop_id(self) -> str:
        """What the loop that runs is called by."""
        ...

    async def linear(self) -> None:
        """Ten steps, one after the other."""
        ...

    async def loop(self, steps: int, each: Each) -> None:
        """So many steps, each of which appends a payload to the state."""
        ...

    async def fan_out(self, width: int) -> None:
        """So many steps side by side, and one that joins them."""
        ...

    async def resume(self, loop_id: str, steps: int, each: Each) -> None:
        """Go on with a loop that a dead process has left."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...


class Payloads:
    """Texts of one size that hardly compress, always the same ones."""

    def __init__(self, size: int) -> None:
        chance = random.Random(7)
        made = [base64.b64encode(chance.randbytes(size)).decode()[:size] for _ in range(997)]
        self._texts = itertools.cycle(made)

    def take(self) -> str:
        """The next one."""
        return next(self._texts)


def nothing(_step: int) -> None:
    """An `Each` that does nothing."""
