"""What a search did, step by step."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from liteagent.contracts.errors import ProviderError
from liteagent.contracts.json import JsonObject

__all__ = ["SearchTrace"]


class SearchTrace:
    """Collects steps with their times, and notes for whoever reads the trace.

    Args:
        clock: Seconds, from any start.
        facts: What is known before the first step.
    """

    def __init__(self, clock: Callable[[], float], facts: JsonObject) -> None:
        self._clock = clock
        self._facts: dict[str, Any] = dict(facts)
        self._steps: list[dict[str, Any]] = []
        self._notes: list[str] = []

    @contextmanager
    def step(self, name: str) -> Generator[dict[str, Any]]:
        """A step of the search; what is put into the dictionary is told with it."""
        told: dict[str, Any] = {"name": name}
        self._steps.append(told)
        began = self._clock()
        try:
            yield told
        finally:
            told["ms"] = round((self._clock() - began) * 1000, 3)

    def note(self, text: str) -> None:
        """Say something to the reader, once."""
        if text not in self._notes:
            self._notes.append(text)

    def failed(self, step: dict[str, Any], error: ProviderError, instead: str) -> None:
        """Say that a step failed, and what happens in its place."""
        step["error"] = error.to_json()
        self.note(f"{step['name']} failed ({error.error_code}): {instead}")

    def add(self, **facts: Any) -> None:
        """Say something about the search as a whole."""
        self._facts |= facts

    def to_json(self) -> JsonObject:
        """The trace as results carry it."""
        told: dict[str, Any] = {**self._facts, "steps": self._steps}
        if self._notes:
            told |= {"note": " ".join(f"{text}." for text in self._notes), "notes": list(self._notes)}
        return told
