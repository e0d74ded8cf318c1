"""How an answer's text is printed as it comes."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from liteagent.app.cli import answers


def _printed(pieces: list[str], *, terminal: bool, width: int = 20) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=width, highlight=False, color_system=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "out", console)
        text = answers.TextPrinter()
        for piece in pieces:
            text(piece)
        text.end()
    return file.getvalue()


def test_in_a_terminal_lines_break_between_words() -> None:
    pieces = ["To roll back a rel", "ease, run `dep", "loy`.\n\n    code stays\n"]
    said = _printed(pieces, terminal=True)
    assert said == "To roll back a\nrelease, run\n`deploy`.\n\n    code stays\n\n"


def test_elsewhere_nothing_is_broken() -> None:
    assert _printed(["a " * 60, "end"], terminal=False) == "a " * 60 + "end\n"


@given(st.lists(st.text("ab \n", max_size=12), max_size=8))
def test_no_word_is_lost_or_cut(pieces: list[str]) -> None:
    said = _printed(pieces, terminal=True)
    assert said.split() == "".join(pieces).split()
    assert _printed(["".join(pieces)], terminal=True) == said
