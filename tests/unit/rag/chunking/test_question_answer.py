"""Questions and answers: marked, in tables, under headings."""

import pytest

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.engine.rag.chunker import create_chunker


def _cut(text: str, sections: list[Section] | None = None, media_type: str = "text/plain") -> list[Chunk]:
    return create_chunker("question_answer", chunk_size=200, overlap=0).chunk(
        "d", text, sections or (), media_type=media_type
    )


def _pairs(chunks: list[Chunk]) -> list[tuple[str, str]]:
    return [(chunk.context, chunk.text) for chunk in chunks]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Q:", "A:"),
        ("Q1.", "A1."),
        ("**Q:**", "**A:**"),
        ("### Question 1:", "Answer 1:"),
        ("Frage:", "Antwort:"),
        ("Question :", "Réponse :"),
        ("Pregunta:", "Respuesta:"),
        ("Вопрос:", "Ответ:"),
        ("В:", "О:"),
        ("سؤال:", "جواب:"),
        ("प्रश्न:", "उत्तर:"),
        ("問：", "答："),
        ("问题：", "回答："),
        ("질문:", "답변:"),
        ("คำถาม:", "คำตอบ:"),
    ],
)
def test_marked_pairs(asked: str, answered: str) -> None:
    text = (
        f"Words before.\n\n{asked} Why is it so\n{answered} Because.\n\nOf this.\n{asked} How\n{answered} So."
    )
    assert _pairs(_cut(text)) == [
        ("", "Words before."),
        ("Why is it so", "Because.\n\nOf this."),
        ("How", "So."),
    ]


def test_the_exact_range_of_an_answer() -> None:
    text = "Q: One?\nA:\n  Yes.  \n\nQ: Two?\nA: No."
    first, second = _cut(text)
    assert (text[first.start : first.end], text[second.start : second.end]) == ("Yes.", "No.")


def test_a_question_without_an_answer_stays_text() -> None:
    assert _pairs(_cut("Q: One?\nA: Yes.\nQ: Two?")) == [("One?", "Yes."), ("", "Q: Two?")]


def test_lists_are_no_pairs() -> None:
    text = "d) one\nf) two\na) three\nR: four\nc: five"
    assert _pairs(_cut(text)) == [("", text)]


@pytest.mark.parametrize(
    ("asked", "answered"), [("Question", "Answer"), ("Frage", "Antwort"), ("問題", "解答")]
)
def test_tables_with_such_columns(asked: str, answered: str) -> None:
    text = (
        f"Words.\n\n| {answered} | Topic | {asked} |\n|---|---|---|\n"
        "| Because \\| so. | a | Why? |\n| | b | Unanswered? |\n| So. | | How? |\n\nMore words."
    )
    assert _pairs(_cut(text)) == [
        ("", "Words."),
        ("Why?\nTopic: a", "Because \\| so."),
        ("", "| | b | Unanswered? |"),
        ("How?", "So."),
        ("", "More words."),
    ]


@pytest.mark.parametrize("title", ["Why is it so?", "لماذا؟", "なぜですか？", "Γιατί\u037e", "**Why?**"])
def test_headings_that_ask(title: str) -> None:
    text = f"# FAQ\n\nWords.\n\n## {title}\n\nBecause.\n\n### Details\n\nOf this.\n\n## Else\n\nMore."
    chunks = _cut(text, media_type="text/markdown")
    assert _pairs(chunks) == [
        ("", "# FAQ\n\nWords."),
        (title.strip("*"), "Because.\n\n### Details\n\nOf this."),
        ("", "## Else\n\nMore."),
    ]
    assert chunks[1].heading == ("FAQ", title.strip("*"))


def test_titles_of_several_lines_are_no_part_of_the_answer() -> None:
    text = "====\nWhy?\n====\n\nBecause."
    assert _pairs(_cut(text, [Section("Why?", 1, 0)])) == [("Why?", "Because.")]
    text = "Why is\nit so?\nBecause."
    assert _pairs(_cut(text, [Section("Why is it so?", 1, 0)])) == [("Why is it so?", "Because.")]


def test_a_long_answer_has_its_question_in_every_piece() -> None:
    chunks = _cut("Q: Why?\nA: " + "Because of this. " * 40)
    assert len(chunks) > 3
    assert {chunk.context for chunk in chunks} == {"Why?"}


def test_a_text_without_pairs_is_cut_as_any_other() -> None:
    text = "Just words. " * 60
    spans = [(chunk.start, chunk.end) for chunk in _cut(text)]
    recursive = create_chunker(chunk_size=200, overlap=0).chunk("d", text)
    assert spans == [(chunk.start, chunk.end) for chunk in recursive]
