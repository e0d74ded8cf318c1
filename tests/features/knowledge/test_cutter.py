"""Texts cut in this process and beside it."""

import os
import signal
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from liteagent.contracts.datasource import ParsedDocument, Section
from liteagent.contracts.errors import InvalidInputError
from liteagent.features.knowledge.cutter import Cutter
from liteagent.features.knowledge.cutting import Cut, Rules, Text, cut, packed, unpacked
from liteagent.features.knowledge.cutting_worker import main

RULES = Rules({"strategy": "parent_child", "chunk_size": 80, "overlap": 10}, "auto")
BODY = "# Teas\n\nGreen tea brews at 80 degrees. Der Tee zieht drei Minuten. 緑茶は日本の茶です。\n\n" * 40


def texts(count: int = 3) -> list[Text]:
    return [
        Text(
            f"d{n}", ParsedDocument(f"{n}. {BODY}", "text/markdown", None, (Section("Teas", 1, 4),), (0, 50))
        )
        for n in range(count)
    ]


def same(one: Sequence[Cut], other: Sequence[Cut]) -> bool:
    return [(list(each.chunks), each.terms) for each in one] == [
        (list(each.chunks), each.terms) for each in other
    ]


def children() -> list[int]:
    lists = Path("/proc/self/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text("ascii").split()]


def test_a_cut_travels_without_its_text() -> None:
    (text,) = texts(1)
    made = cut(RULES, text)
    assert same([unpacked(text, packed(made))], [made])
    assert any(chunk.parent for chunk in made.chunks)
    assert any(chunk.heading for chunk in made.chunks)


async def test_a_child_gives_the_same_and_is_used_for_much() -> None:
    before = set(children())
    alone, beside = Cutter(much=10**9), Cutter(much=1)
    expected = await alone.cut(RULES, texts())
    assert set(children()) == before
    assert same(await beside.cut(RULES, texts()), expected)
    assert len(set(children()) - before) == 1


async def test_a_child_that_was_killed_is_replaced() -> None:
    before = set(children())
    cutter = Cutter(much=1)
    expected = await cutter.cut(RULES, texts())
    (child,) = set(children()) - before
    os.kill(child, signal.SIGKILL)
    assert same(await cutter.cut(RULES, texts()), expected)
    assert len(set(children()) - before - {child}) == 1


async def test_what_a_child_cannot_do_says_why_here() -> None:
    with pytest.raises(InvalidInputError, match="nothing"):
        await Cutter(much=1).cut(Rules({"strategy": "nothing"}, "auto"), texts())


def test_a_child_ends_where_there_is_nothing_to_do() -> None:
    answers = BytesIO()
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as requests, os.fdopen(writing, "wb"):
        main(requests, answers, idle_seconds=0.01)
    assert answers.getvalue() == b""
