"""Documents that are held until they are asked for."""

from liteagent.contracts.datasource import RawDocument
from liteagent.providers.datasource.url.shelf import Shelf


def test_a_document_is_handed_out_once() -> None:
    shelf, raw = Shelf(), RawDocument("a", b"text")
    shelf.put(raw)
    assert (shelf.take("a"), shelf.take("a"), shelf.take("b")) == (raw, None, None)


def test_there_is_so_much_room() -> None:
    shelf = Shelf(room=10, largest=6)
    for name, size in (("large", 7), ("a", 6), ("b", 5), ("c", 4)):
        shelf.put(RawDocument(name, b"x" * size))
    assert [shelf.take(name) is not None for name in ("large", "a", "b", "c")] == [False, True, False, True]
    shelf.put(RawDocument("d", b"x" * 6))
    shelf.clear()
    shelf.put(RawDocument("e", b"x" * 6))
    shelf.put(RawDocument("f", b"x" * 4))
    assert [shelf.take(name) is not None for name in "def"] == [False, True, True]
