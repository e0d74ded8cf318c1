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
    ("text", "expected", "chunks"),
    [
        ("No marker.", "No marker.", []),
        ("One [1].", "One [1].", ["c1"]),
        (
            "By first mention [3], then [1], then [3].",
            "By first mention [1], then [2], then [1].",
            ["c3", "c1"],
        ),
        ("Two [2][5].", "Two [1][2].", ["c2", "c5"]),
        ("A list [4, 2].", "A list [1][2].", ["c4", "c2"]),
        ("A range [2-4].", "A range [1][2][3].", ["c2", "c3", "c4"]),
        ("A dash [2\u20133].", "A dash [1][2].", ["c2", "c3"]),
        ("Past the end [4-999999].", "Past the end [1][2].", ["c4", "c5"]),
        ("Unknown [9], zero [0], [1].", "Unknown [9], zero [0], [1].", ["c1"]),
        ("Half known [9, 2].", "Half known [1].", ["c2"]),
        ("Backwards [4-2].", "Backwards [4-2].", []),
        ("France[2].", "France[1].", ["c2"]),
        ("\u5df4\u9ece[2]\u3002", "\u5df4\u9ece[1]\u3002", ["c2"]),
        ("sys.argv[2] and my_list[3] and a[4]", "sys.argv[2] and my_list[3] and a[4]", []),
        ("`x[2]` and ``y [3]`` [4]", "`x[2]` and ``y [3]`` [1]", ["c4"]),
        ("```\nprint(x [2])\n``` [3]", "```\nprint(x [2])\n``` [1]", ["c3"]),
        ("```\nnever closed [2]", "```\nnever closed [2]", []),
        ("A link [2](http://example.org).", "A link [2](http://example.org).", []),
        ("[99999999999999999999]", "[99999999999999999999]", []),
        ("[\u0661]", "[\u0661]", []),
    ],
)
def test_markers_become_citations(text: str, expected: str, chunks: list[str]) -> None:
    finished = cited(answer(text), PASSAGES)
    assert finished.content == expected
    assert [citation.chunk_id for citation in finished.citations] == chunks


def test_without_passages_nothing_is_a_marker() -> None:
    assert cited(answer("See [1]."), []) == answer("See [1].")


def test_a_citation_is_its_passage(passage: Callable[..., Passage]) -> None:
    found = passage("tea")
    assert cited(answer("Tea [1]."), [found]).citations == (Citation.of(found),)


def test_an_earlier_answer_is_quoted_without_its_markers() -> None:
    finished = cited(answer("Tea [3]. Cake [1, 3], not argv [9] or `a[1]`."), PASSAGES)
    assert uncited(finished) == answer("Tea. Cake, not argv [9] or `a[1]`.")
    assert uncited(answer("Plain [1].")) == answer("Plain [1].")


@given(st.text(alphabet="[]0123456789,-\u2013 a`\n(", max_size=60))
def test_the_markers_in_use_are_one_to_the_number_of_citations(text: str) -> None:
    finished = cited(answer(text), PASSAGES)
    order = [citation.chunk_id for citation in finished.citations]
    assert len(set(order)) == len(order)
    again = cited(finished, [PASSAGES[int(chunk[1:]) - 1] for chunk in order])
    assert again.citations == finished.citations


def test_a_long_text_takes_no_time() -> None:
    for piece in ("[", "`", "``", "[1,", " ", "_", "a.", "[1-"):
        text = piece * 200_000
        assert cited(answer(text), PASSAGES).content == text
