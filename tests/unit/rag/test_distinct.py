"""Passages that repeat better ones."""

from liteagent.contracts.documents import DocumentRef, Passage
from liteagent.engine.rag.distinct import Distinct, distinct


def passage(text: str, document: str = "d", start: int = 0) -> Passage:
    return Passage(
        f"{document}{start}{text[:5]}",
        DocumentRef(document, document),
        "s",
        start,
        start + len(text),
        text,
        1,
    )


TEXT = "Green tea is brewed at 80 degrees and drunk without milk."


def test_the_same_text_in_another_document_is_left_out() -> None:
    assert distinct([passage(TEXT), passage(TEXT.upper(), "e")], 5) == [passage(TEXT)]


def test_texts_that_differ_in_a_number_only_are_both_kept() -> None:
    prices = [passage(TEXT), passage(TEXT.replace("80", "95"), "e")]
    assert distinct(prices, 5) == prices


def test_ranges_that_overlap_by_half_are_one() -> None:
    taken = Distinct()
    assert taken.add(passage("a b c d e f g h", start=0))
    assert not taken.add(passage("quite other words", start=5))
    assert taken.add(passage("quite other words", start=12))
    assert taken.add(passage("altogether new ones", "e", start=5))


def test_no_more_than_asked_for() -> None:
    assert len(distinct([passage(f"text number {n}", f"d{n}") for n in range(9)], 3)) == 3


def test_empty_texts_are_one() -> None:
    assert len(distinct([passage("", "a"), passage("", "b")], 5)) == 1
