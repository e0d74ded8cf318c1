"""Passages that repeat better ones."""

from liteagent.contracts.documents import DocumentRef, Passage
from liteagent.engine.rag.distinct import Distinct


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


def distinct(*passages: Passage) -> list[Passage]:
    taken = Distinct()
    return [each for each in passages if taken.add(each)]


TEXT = "Green tea is brewed at 80 degrees and drunk without milk."


def test_the_same_text_in_another_document_is_left_out() -> None:
    assert distinct(passage(TEXT), passage(TEXT.upper(), "e")) == [passage(TEXT)]


def test_texts_that_differ_in_a_number_only_are_both_kept() -> None:
    prices = [passage(TEXT), passage(TEXT.replace("80", "95"), "e")]
    assert distinct(*prices) == prices


def test_ranges_that_overlap_by_half_are_one() -> None:
    taken = Distinct()
    assert taken.add(passage("a b c d e f g h", start=0))
    assert not taken.add(passage("quite other words", start=5))
    assert taken.add(passage("quite other words", start=12))
    assert taken.add(passage("altogether new ones", "e", start=5))


def test_each_of_many_that_differ_in_a_number_is_kept() -> None:
    assert len(distinct(*(passage(f"text number {n}", f"d{n}") for n in range(9)))) == 9


def test_empty_texts_are_one() -> None:
    assert len(distinct(passage("", "a"), passage("", "b"))) == 1
