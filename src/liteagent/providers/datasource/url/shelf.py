"""Documents that a listing has read anyway, until they are asked for."""

from liteagent.contracts.datasource import RawDocument

__all__ = ["Shelf"]


class Shelf:
    """Holds a few small documents, each of which is handed out once.

    Args:
        room: Bytes in all.
        largest: Bytes of one document.
    """

    def __init__(self, room: int = 32_000_000, largest: int = 2_000_000) -> None:
        self._room = room
        self._largest = largest
        self._held: dict[str, RawDocument] = {}

    def clear(self) -> None:
        """Forget all of them."""
        self._room += sum(len(each.data) for each in self._held.values())
        self._held.clear()

    def put(self, raw: RawDocument) -> None:
        """Keep a document where there is room for it."""
        size = len(raw.data)
        if raw.name not in self._held and size <= min(self._room, self._largest):
            self._held[raw.name] = raw
            self._room -= size

    def take(self, name: str) -> RawDocument | None:
        """The document of that name, which is not held any more."""
        raw = self._held.pop(name, None)
        self._room += len(raw.data) if raw else 0
        return raw
