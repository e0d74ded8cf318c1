"""Named parts, found through entry points: the one door for built-in and foreign parts alike."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from liteagent.contracts.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """The parts of one kind, by name.

    Args:
        group: Entry-point group to read, for instance `liteagent.llm`.
        allow: Names that may be loaded; None allows every installed one.
    """

    def __init__(self, group: str, allow: Iterable[str] | None = None) -> None:
        self._group = group
        self._allow = None if allow is None else frozenset(allow)
        self._registered: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: add a part under `name`, before any entry point of that name."""

        def add(part: T) -> T:
            self._registered[name] = part
            return part

        return add

    def names(self) -> tuple[str, ...]:
        """Every name that `get` would accept, sorted."""
        found = {point.name for point in _installed(self._group)} | self._registered.keys()
        return tuple(sorted(name for name in found if self._allowed(name)))

    def get(self, name: str) -> T:
        """The part called `name`, loaded on first use.

        Raises:
            NotFoundError: No such name; the message lists the known ones.
            ConfigurationError: Its package is not installed; the message names the extra.
        """
        if name not in self._registered:
            self._registered[name] = self._load(name)
        return self._registered[name]

    def _allowed(self, name: str) -> bool:
        return self._allow is None or name in self._allow

    def _load(self, name: str) -> T:
        points = [each for each in _installed(self._group) if each.name == name and self._allowed(name)]
        if not points:
            known = ", ".join(self.names()) or "none"
            raise NotFoundError(f"There is no {self._group!r} part called {name!r}. Known: {known}.")
        try:
            return cast("T", points[0].load())
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"{name!r} needs the package {error.name!r}, which is not installed. "
                f"Install its extra, for instance: pip install 'liteagent[{name.split('_', maxsplit=1)[0]}]'."
            ) from error


def _installed(group: str) -> "EntryPoints":
    # Imported when it is needed: it is a fifth of what importing an engine would take.
    from importlib.metadata import entry_points

    return entry_points(group=group)
