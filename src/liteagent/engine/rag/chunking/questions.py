"""Where a text asks and answers: marked pairs, tables with such columns, headings that are questions."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from liteagent.contracts.datasource import Section
from liteagent.engine.rag.chunking.blocks import blocks
from liteagent.engine.rag.chunking.lines import Line, lines
from liteagent.engine.rag.chunking.source import Source
from liteagent.engine.rag.chunking.tables import cells, has_header, rows_of

__all__ = ["Pair", "heading_pairs", "marked_pairs", "table_pairs"]


class Pair(NamedTuple):
    """A question with the range of its answer; [start, end) is all that belongs to the two."""

    start: int
    end: int
    question: str
    answer: tuple[int, int]


# What a question and its answer are marked with, a language a line.
_MARKS = """
q question | a answer
f frage | a antwort
q question | r réponse reponse
p pregunta | r respuesta
p pergunta | r resposta
d domanda | r risposta
v vraag | a antwoord
p pytanie | o odpowiedź
o otázka | o odpověď odpoveď
s soru | c cevap
в вопрос | \u043e ответ
п питання | в відповідь
ε ερώτηση | \u03b1 απάντηση
س سؤال السؤال | ج جواب الجواب إجابة الإجابة
س پرسش سؤال | ج پاسخ جواب
ש שאלה | ת תשובה
प्र प्रश्न | उ उत्तर
প্রশ্ন | উত্তর
கேள்வி | பதில்
ถาม คำถาม | ตอบ คำตอบ
hỏi câu\u00a0hỏi | đáp trả\u00a0lời
问 問 问题 問題 提问 | 答 回答 答案 解答
質問 問 q | 回答 答 a
문 질문 q | 답 답변 a
"""
_COLUMNS = (
    frozenset({"prompt", "query", "questions", "faq", "input"}),
    frozenset({"response", "completion", "answers", "output"}),
)
_QUESTION_MARKS = "?\uff1f\u061f\u037e\u2e2e\u1367\u2047\u2048\ua60f"
_TRIMMINGS = " \t\r\n*_#`>\"'\u201c\u201d\u2019\u00bb)\uff09\u300d\u300f"
_LONGEST_QUESTION = 2000


def _groups() -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    for line in _MARKS.strip().splitlines():
        asked, _, answered = line.partition("|")
        yield _words(asked), _words(answered)


def _words(some: str) -> frozenset[str]:
    return frozenset(word.replace("\u00a0", " ") for word in some.strip(" ").split(" "))


def _joined(groups: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*groups)


_PAIRS = tuple(_groups())
_ASKED = _joined(asked for asked, _ in _PAIRS)
_ANSWERED = _joined(answered for _, answered in _PAIRS)
_LABEL = re.compile(
    r"^[ \t>]*(?:[-*+\u2022][ \t]+)?(?:#{1,6}[ \t]+)?[*_]{0,3}"
    rf"(?P<word>{'|'.join(sorted(_ASKED | _ANSWERED, key=len, reverse=True))})"
    r"(?:[ \t]*\d{0,4}[*_]{0,3}[ \t]*[:\uff1a]|[ \t]*\d{1,4}[ \t]*[.)\uff0e]|(?<=[qa])[.)](?=[ \t]))"
    r"[*_]{0,3}[ \t]*",
    re.MULTILINE | re.IGNORECASE,
)


def table_pairs(source: Source) -> Iterator[Pair]:
    """The rows of Markdown tables that have a column of questions and one of answers.

    What stands in other columns goes along with the question, a line each.
    """
    if "|" not in source.text:
        return
    headings = frozenset(section.start for section in source.outline.sections)
    for block in blocks(source.text, 0, len(source.text), headings):
        if block.kind == "table" and has_header(block.lines):
            names = [source.text[start:end].strip("*_ ") for start, end in cells(block.lines[0])]
            yield from _rows(source, names, block.lines)


def _rows(source: Source, names: Sequence[str], table: Sequence[Line]) -> Iterator[Pair]:
    asked = _column(names, _ASKED | _COLUMNS[0])
    answered = _column(names, _ANSWERED | _COLUMNS[1])
    if asked < 0 or answered < 0 or asked == answered:
        return
    for number, row in enumerate(rows_of(table)):
        spans = cells(row)
        texts = [source.text[start:end] for start, end in spans]
        if len(spans) > max(asked, answered) and texts[asked] and texts[answered]:
            start = row.start if number else table[0].start
            yield Pair(start, row.end, _with_others(names, texts, asked, answered), spans[answered])


def _column(names: Sequence[str], known: frozenset[str]) -> int:
    return next((n for n, name in enumerate(names) if name.casefold() in known), -1)


def _with_others(names: Sequence[str], texts: Sequence[str], asked: int, answered: int) -> str:
    others = [
        f"{names[n]}: {text}" if n < len(names) and names[n] else text
        for n, text in enumerate(texts)
        if text and n not in (asked, answered)
    ]
    return "\n".join([texts[asked], *others])


def marked_pairs(source: Source) -> Iterator[Pair]:
    """`Q: …` and `A: …` in many languages; an answer ends at the next question or heading."""
    marks = list(_LABEL.finditer(source.text))
    borders = sorted({section.start for section in source.outline.sections})
    asking = {n for n in range(len(marks) - 1) if _fit(marks[n], marks[n + 1])}
    for n in sorted(asking):
        asked, answered = marks[n], marks[n + 1]
        end = _next_question(marks, n, asking, len(source.text))
        border = bisect_left(borders, answered.end())
        end = min(end, borders[border]) if border < len(borders) else end
        question = source.text[asked.end() : answered.start()].strip(_TRIMMINGS)
        answer = _stripped(source.text, answered.end(), end)
        if 0 < len(question) <= _LONGEST_QUESTION and answer[0] < answer[1]:
            yield Pair(asked.start(), end, question, answer)


def heading_pairs(source: Source) -> Iterator[Pair]:
    """Headings that end with a question mark, with what stands below them and is not under another one."""
    sections = source.outline.sections
    asking = [section.title.rstrip(_TRIMMINGS)[-1:] in _QUESTION_MARKS for section in sections]
    after = _ends(sections, asking, len(source.text))
    for section, asks, end in zip(sections, asking, after, strict=True):
        if asks and section.title.strip():
            answer = _stripped(source.text, _after_title(source.text, section, end), end)
            if answer[0] < answer[1]:
                yield Pair(section.start, end, section.title.strip(), answer)


def _next_question(marks: Sequence[re.Match[str]], asked: int, asking: Collection[int], length: int) -> int:
    """Where the next question begins, answered or not."""
    word = marks[asked]["word"].casefold()
    for n in range(asked + 2, len(marks)):
        if n in asking or marks[n]["word"].casefold() == word:
            return marks[n].start()
    return length


def _fit(one: re.Match[str], other: re.Match[str]) -> bool:
    asked, answered = one["word"].casefold(), other["word"].casefold()
    return any(asked in words and answered in others for words, others in _PAIRS)


def _ends(sections: Sequence[Section], asking: Sequence[bool], length: int) -> list[int]:
    """Where the answer to each heading ends: at the next question, or heading of its level or above."""
    ends = [length] * len(sections)
    open_: list[int] = []
    for number, section in enumerate(sections):
        while open_ and (asking[number] or sections[open_[-1]].level >= section.level):
            ends[open_.pop()] = section.start
        open_.append(number)
    return ends


def _after_title(text: str, section: Section, end: int) -> int:
    """The end of the lines that hold a heading's title and the lines drawn around it."""
    wanted = sum(map(str.isalnum, section.title))
    place = section.start
    for line in lines(text, section.start, end):
        drawn = not any(map(str.isalnum, line.text)) and len(line.text.strip()) > 1
        if wanted <= 0 and not drawn:
            break
        wanted -= sum(map(str.isalnum, line.text))
        place = line.next
    return place


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    body = text[start:end]
    first = start + len(body) - len(body.lstrip())
    return first, max(start + len(body.rstrip()), first)
