"""Parents and children: small chunks that know what is around them."""

from itertools import groupby, pairwise

import pytest

from liteagent.contracts.datasource import Section
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunker import create_chunker

TEXT = "\n\n".join(f"Paragraph {n}. " + "It has some words. " * 8 for n in range(40))


def test_children_are_cut_as_recursive_does_and_parents_hold_them() -> None:
    chunks = create_chunker("parent_child", chunk_size=100, overlap=0, parent_size=500).chunk("d", TEXT)
    alone = create_chunker(chunk_size=100, overlap=0).chunk("d", TEXT)
    assert [(chunk.id, chunk.text) for chunk in chunks] == [(chunk.id, chunk.text) for chunk in alone]
    parents = [parent for parent, _ in groupby(chunks, lambda chunk: chunk.parent) if parent]
    assert len(parents) < len(chunks) / 3
    assert all(200 < parent.end - parent.start <= 500 for parent in parents)
    assert all(one.end <= other.start for one, other in pairwise(parents))
    assert all(TEXT[parent.start : parent.start + 9] == "Paragraph" for parent in parents)


def test_parents_do_not_cross_sections() -> None:
    half = TEXT.index("Paragraph 20")
    sections = [Section("One", 1, 0), Section("Two", 1, half)]
    chunks = create_chunker("parent_child", chunk_size=100, overlap=20).chunk("d", TEXT, sections)
    parents = {chunk.parent for chunk in chunks if chunk.parent}
    assert all(parent.end <= half or parent.start >= half for parent in parents)


def test_the_default_parent_is_four_times_its_child() -> None:
    chunks = create_chunker("parent_child", chunk_size=100, overlap=0).chunk("d", "words " * 500)
    assert max(chunk.parent.end - chunk.parent.start for chunk in chunks if chunk.parent) in range(300, 401)


def test_a_parent_smaller_than_its_children_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="parent_size is 99; give at least 100"):
        create_chunker("parent_child", chunk_size=100, overlap=0, parent_size=99)
