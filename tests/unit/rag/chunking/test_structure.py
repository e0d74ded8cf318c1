"""By structure: sections, tables, lists and fenced code."""

import re
from typing import Any

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.engine.rag.chunker import create_chunker


def _cut(text: str, size: int = 200, **options: Any) -> list[Chunk]:
    return create_chunker("structure", chunk_size=size, overlap=0, **options).chunk(
        "d", text, media_type="text/markdown"
    )


def test_markdowns_own_headings_are_found() -> None:
    text = "\n\n".join(
        [
            "---\ntitle: no heading\n---",
            "# Guide",
            "## Install `it` #\n\n" + "Install it now. " * 8,
            "Use\n---\n\n" + "Use it daily. " * 9,
            "```\n# a comment\n```",
        ]
    )
    chunks = _cut(text)
    assert {chunk.heading for chunk in chunks[1:]} == {("Guide", "Install it"), ("Guide", "Use")}
    assert chunks[1].text.startswith("# Guide\n\n## Install")
    assert chunks[-1].text.endswith("```\n# a comment\n```")


def test_small_sections_share_a_chunk_only_under_a_heading_they_have_in_common() -> None:
    text = "# A\n\n## B\n\nb\n\n## C\n\nc\n\n# D\n\nd\n"
    assert [(chunk.text, chunk.heading) for chunk in _cut(text)] == [
        ("# A\n\n## B\n\nb\n\n## C\n\nc", ("A",)),
        ("# D\n\nd", ("D",)),
    ]
    assert [chunk.heading for chunk in _cut(text, join_below=0)] == [("A", "B"), ("A", "C"), ("D",)]


def test_the_headings_that_a_parser_found_count() -> None:
    text = "One\n" + "first words " * 12 + "\nTwo\n" + "second words " * 12
    sections = [Section("One", 1, 0), Section("Two", 1, text.index("Two"))]
    chunks = create_chunker("structure", chunk_size=500, overlap=0).chunk("d", text, sections)
    assert [(chunk.heading, chunk.text[:3]) for chunk in chunks] == [(("One",), "One"), (("Two",), "Two")]


def test_a_long_table_is_cut_between_rows_and_keeps_its_header() -> None:
    rows = [f"| row {n} | {'x' * 30} |" for n in range(20)]
    text = "Some words.\n\n| name | value |\n|---|---|\n" + "\n".join(rows) + "\n\nThe end."
    chunks = _cut(text)
    table = [chunk for chunk in chunks if "| row" in chunk.text]
    assert table[0].context == ""
    assert table[0].text.startswith("| name | value |\n|---|---|\n| row 0 ")
    assert len(table) > 3
    assert {chunk.context for chunk in table[1:]} == {"| name | value |"}
    assert all(re.fullmatch(r"(\| row \d+ \| x{30} \|\n?)+", chunk.text) for chunk in table[1:])
    assert chunks[-1].text == "The end."
    assert chunks[-1].context == ""


def test_a_row_over_the_size_is_cut_as_text_with_the_header() -> None:
    text = "| a | b |\n|---|---|\n| 1 | " + "words and " * 60 + "|\n| 2 | short |"
    chunks = _cut(text)
    assert len(chunks) > 3
    assert all(len(chunk.text) <= 200 for chunk in chunks)
    assert {chunk.context for chunk in chunks[1:]} == {"| a | b |"}
    assert chunks[-1].text == "| 2 | short |"


def test_what_fits_stays_whole() -> None:
    fence = "```python\n" + "call()\n\n" * 10 + "```"
    items = "\n".join(f"{n}. item {n}\n   goes on" for n in range(7))
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 12
    text = "\n\n".join(["Words. " * 20, fence, "Words. " * 20, items, "Words. " * 20, table.strip()])
    texts = [chunk.text for chunk in _cut(text)]
    assert fence in texts
    assert any(items in one for one in texts)
    assert any(table.strip() in one for one in texts)


def test_a_long_list_is_cut_between_outermost_items() -> None:
    text = "\n".join(f"- item {n} {'word ' * 8}\n  - inner {n}" for n in range(12))
    chunks = _cut(text)
    assert len(chunks) > 3
    assert all(chunk.text.startswith("- item") for chunk in chunks)


def test_a_heading_goes_together_with_what_is_below_it() -> None:
    text = "## T\n\n" + "Words " * 20 + "\n\n### Table\n\n| a |\n|---|\n" + "| cell cell |\n" * 14
    chunks = _cut(text)
    assert not any(re.fullmatch(r"#+ \w+", chunk.text) for chunk in chunks)
