"""Citations: from markers to passages."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.documents import Citation, DocumentRef, Passage
from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.citations import cited, uncited

PASSAGES = [Passage(f"c{n}", DocumentRef(f"d{n}", f"{n}.md"), "ds", 0, 1, "x", 1.0) for n in range(1, 6)]


def answer(text: str) -> Message:
    return Message(Role.ASSISTANT, text)


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("No marker.", []),
        ("One [1].", [1]),
        ("By first mention [3], then [1], then [3].", [3, 1]),
        ("Two [2][5].", [2, 5]),
        ("A list [4, 2].", [4, 2]),
        ("A range [2-4].", [2, 3, 4]),
        ("A dash [2\u20133].", [2, 3]),
        ("Past the end [4-999999].", [4, 5]),
        ("Unknown [9], zero [0], [1].", [1]),
        ("Half known [9, 2].", [2]),
        ("Backwards [4-2].", []),
        ("France[2].", [2]),
        ("\u5df4\u9ece[2]\u3002", [2]),
        ("sys.argv[2] and my_list[3] and a[4]", []),
        ("`x[2]` and ``y [3]`` [4]", [4]),
        ("```\nprint(x [2])\n``` [3]", [3]),
        ("```\nnever closed [2]", []),
        ("A link [2](http://example.org).", []),
        ("[99999999999999999999]", []),
        ("[\u0661]", []),
    ],
)
def test_markers_become_citations_and_the_text_stays(text: str, markers: list[int]) -> None:
    finished = cited(answer(text), PASSAGES)
    assert finished.content == text
    assert [citation.marker for citation in finished.citations] == markers
    assert [citation.chunk_id for citation in finished.citations] == [f"c{n}" for n in markers]


def test_without_passages_nothing_is_a_marker() -> None:
    assert cited(answer("See [1]."), []) == answer("See [1].")


def test_a_citation_is_its_passage(passage: Callable[..., Passage]) -> None:
    found = passage("tea")
    assert cited(answer("Tea [1]."), [found]).citations == (Citation.of(found, 1),)


def test_an_earlier_answer_is_quoted_without_its_markers() -> None:
    finished = cited(answer("Tea [3]. Cake [1, 3], not argv [9] or `a[1]`."), PASSAGES)
    assert uncited(finished) == answer("Tea. Cake, not argv [9] or `a[1]`.")
    assert uncited(answer("Plain [1].")) == answer("Plain [1].")


def test_numbers_that_cite_nothing_stay_in_a_quoted_answer() -> None:
    assert uncited(cited(answer("Tea [2], see [1]."), [PASSAGES[0]])) == answer("Tea [2], see.")


@given(st.text(alphabet="[]0123456789,-\u2013 a`\n(", max_size=60))
def test_every_citation_is_one_passage_once(text: str) -> None:
    finished = cited(answer(text), PASSAGES)
    markers = [citation.marker for citation in finished.citations]
    assert finished.content == text
    assert len(set(markers)) == len(markers)
    assert set(markers) <= {1, 2, 3, 4, 5}
    assert all(str(marker) in text or "-" in text or "\u2013" in text for marker in markers)


def test_a_long_text_takes_no_time() -> None:
    for piece in ("[", "`", "``", "[1,", " ", "_", "a.", "[1-"):
        text = piece * 200_000
        assert cited(answer(text), PASSAGES).content == text
