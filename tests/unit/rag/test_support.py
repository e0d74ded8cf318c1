"""Which sentences of an answer their citations speak for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.documents import Citation, DocumentRef
from liteagent.engine.rag.support import support_of


def cite(marker: int, text: str) -> Citation:
    return Citation(
        DocumentRef(f"d{marker}", f"d{marker}.md"), "s", f"c{marker}", 0, len(text), text, 1.0, marker
    )


TEA = cite(1, "Green tea is brewed at 80 degrees for two minutes, says Okakura.")
COFFEE = cite(2, "Coffee beans are roasted at 230 degrees before they are ground.")


def judged(answer: str) -> list[str]:
    return [each.support for each in support_of(answer, [TEA, COFFEE])]


def test_what_a_passage_says_in_the_same_words_is_supported() -> None:
    (found,) = support_of("Brewing green tea: at 80 degrees, two minutes [1].", [TEA, COFFEE])
    assert (found.support, found.marker, found.missing) == ("supported", 1, ())
    assert found.overlap > 0.9


def test_what_no_passage_says_is_unsupported() -> None:
    assert judged("The moon orbits our planet every month.") == ["unsupported"]
    assert support_of("The moon orbits our planet.", [])[0].support == "unsupported"


def test_a_number_that_no_passage_holds_makes_a_sentence_weak() -> None:
    (found,) = support_of("Green tea is brewed at 95 degrees for two minutes [1].", [TEA, COFFEE])
    assert (found.support, found.missing) == ("weak", ("95",))


def test_a_name_that_no_passage_holds_is_told() -> None:
    (found,) = support_of("Green tea is brewed at 80 degrees, says Tanaka [1].", [TEA])
    assert found.missing == ("Tanaka",)
    assert found.overlap < 0.8


def test_a_sentence_rests_on_the_citation_that_it_names() -> None:
    assert judged("Coffee beans are roasted at 230 degrees [2].") == ["supported"]
    assert judged("Coffee beans are roasted at 230 degrees [1].") == ["unsupported"]
    assert judged("Coffee beans are roasted at 230 degrees [7].") == ["unsupported"]
    assert judged("Coffee beans are roasted at 230 degrees.") == ["supported"]


def test_a_part_of_it_is_weak() -> None:
    assert judged("Green tea is brewed by monks in old mountain temples [1].") == ["weak"]


def test_headings_greetings_and_questions_have_nothing_to_support() -> None:
    answer = "Hello!\n\nBrewing tea:\nShall I tell you about the moon?"
    assert judged(answer) == ["none", "none", "none"]


def test_each_sentence_is_judged_with_its_own_marker() -> None:
    answer = (
        "Green tea is brewed at 80 degrees. [1] The moon is made of cheese [2]. Coffee beans are roasted."
    )
    found = support_of(answer, [TEA, COFFEE])
    assert [answer[each.span.start : each.span.end] for each in found] == [
        "Green tea is brewed at 80 degrees. [1]",
        "The moon is made of cheese [2].",
        "Coffee beans are roasted.",
    ]
    assert [each.support for each in found] == ["supported", "unsupported", "supported"]


def test_another_language_has_its_own_endings() -> None:
    passage = cite(1, "Die Häuser der Stadt wurden im Jahr 1890 gebaut.")
    (found,) = support_of("Das Haus in der Stadt ist 1890 gebaut [1].", [passage], language="german")
    assert found.support == "supported"


@given(st.text(max_size=200))
def test_sentences_are_in_order_and_hold_all_that_is_not_blank(answer: str) -> None:
    spans = [each.span for each in support_of(answer, [TEA])]
    assert all(answer[span.start : span.end].strip() for span in spans)
    held = "".join(answer[span.start : span.end] for span in spans)
    assert "".join(held.split()) == "".join(answer.split())
    assert all(one.end <= other.start for one, other in pairwise(spans))
