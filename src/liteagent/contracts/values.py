"""Small immutable values that are made by the hundred thousand.

A frozen dataclass sets every field through `object.__setattr__`, which triples what making one costs. A
`value` is a slotted dataclass that type checkers hold immutable, as they hold everything else, and the
interpreter does not: for the few types on the path of every step of every run, and for nothing else.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

__all__ = ["value"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Decorator: make `cls` a value."""
    return dataclass(slots=True)(cls)
