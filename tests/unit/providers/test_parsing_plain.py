"""Plain text, Markdown and reStructuredText; what is no text is named."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.datasource import ParsedDocument, RawDocument, Section
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.html import create as create_html
from liteagent.providers.parsing.plain import create


def _parse(data: bytes | str, name: str = "a.txt") -> ParsedDocument:
    return create().parse(RawDocument(name, data.encode() if isinstance(data, str) else data))


def _outline(text: str, name: str) -> list[tuple[int, str]]:
    sections = _parse(text, name).sections
    for section in sections:
        assert text[section.start :].lstrip("#= -~*`\r\n").startswith(section.title[:3])
    return [(section.level, section.title) for section in sections]


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda t: t.strip())
)
@settings(max_examples=100, deadline=None)
def test_text_is_kept_as_it_is(text: str) -> None:
    text = f"a\r\n{text}\tz\r"
    assert _parse(text).text == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_text(mark: bytes, encoding: str) -> None:
    assert _parse(mark + "Grüße, 猫 \U0001f600".encode(encoding)).text == "Grüße, 猫 \U0001f600"


def test_western_text_of_old_is_read() -> None:
    assert _parse("Grüße an die Müllers – “bald”".encode("cp1252")).text == "Grüße an die Müllers – “bald”"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"text\x00text", "binary"),
        (b"\xff\xfetext\x00", "UTF-16"),
        ("text".encode("utf-16-le"), "binary"),
        ("text\x00".encode("utf-16"), "binary"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a\x00", "UTF-16"),
        (bytes(range(1, 9)) * 100, "binary"),
        (bytes(range(128, 256)) * 10, "encoding"),
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (codecs.BOM_UTF8, "empty"),
    ],
)
def test_what_is_no_text_is_named_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(DocumentUnreadableError, match=rf"report\.txt: .*({said})") as caught:
        _parse(data, "report.txt")
    assert caught.value.details["name"] == "report.txt"
    assert caught.value.details["cause"] in ("corrupt", "empty", "unsupported")
    assert caught.value.message.endswith(".")


def test_a_log_with_colours_is_text() -> None:
    assert _parse("\x1b[31mred\x1b[0m and plain text of a log\n" * 3).text.startswith("\x1b[31m")


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(DocumentUnreadableError, match="split it"):
        _parse(b"x" * (50 * 1024 * 1024 + 1))


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_clean_text_or_the_error(data: bytes) -> None:
    for parser, name in ((create(), "a.md"), (create(), "a.rst"), (create_html(), "a.html")):
        try:
            document = parser.parse(RawDocument(name, data))
        except DocumentUnreadableError:
            continue
        assert document.text.strip()
        assert "\x00" not in document.text
        document.text.encode()
        assert all(0 <= section.start < len(document.text) for section in document.sections)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_markdown_headings(end: str) -> None:
    text = end.join(
        [
            "---",
            "title: front matter",
            "---",
            "# Guide to *tea*",
            "",
            "Kettles",
            "=======",
            "text",
            "",
            "Small ones",
            "---",
            "```python",
            "# no heading",
            "```` not the end",
            "```",
            "~~~",
            "# none either",
            "~~~",
            "###    `code` and [a link](http://x) ##",
            "#hashtag",
            "    # indented code",
            "",
            "two lines of a paragraph",
            "that is not a title",
            "---",
            "- item",
            "---",
            "a | b",
            "---",
            "###### Last",
        ]
    )
    assert _outline(text, "a.md") == [
        (1, "Guide to *tea*".replace("*", "")),
        (1, "Kettles"),
        (2, "Small ones"),
        (3, "code and a link"),
        (6, "Last"),
    ]


def test_a_fence_that_is_never_closed_hides_the_rest() -> None:
    assert _outline("# A\n```\n# B\n", "a.md") == [(1, "A")]


def test_the_first_heading_is_the_title() -> None:
    document = _parse("intro\n\n# Tea\n", "a.md")
    assert (document.title, document.media_type) == ("Tea", "text/markdown")
    assert _parse("# Tea", "a.txt") == ParsedDocument("# Tea", "text/plain")


@pytest.mark.parametrize("name", ["a.rst", "a.rst.txt", "A.RST"])
def test_restructured_headings(name: str) -> None:
    text = (
        "=====\nGuide\n=====\n\nFirst\n=====\n\n    code\n    ====\n\nDeeper\n------\n\ntext\n\n----\n\n"
        "====  ====\na     b\n====  ====\n\nSecond\n======\n\nToo long a title\n===\n"
    )
    assert _outline(text, name) == [(1, "Guide"), (2, "First"), (3, "Deeper"), (2, "Second")]
    assert _parse(text, name).sections[0] == Section("Guide", 1, 0)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.PY", "text/x-source"),
        ("a.markdown", "text/markdown"),
        ("a.log", "text/plain"),
        ("a", "text/plain"),
    ],
)
def test_media_types(name: str, media_type: str) -> None:
    assert _parse('{"a": 1}', name).media_type == media_type


@pytest.mark.parametrize(
    ("start", "repeated", "end"),
    [
        ("", "#", ""),
        ("# a ", "#", " b"),
        ("# a", " ", "b"),
        ("# ", "*a", ""),
        ("# ", "[a](", ""),
        ("", "`", "\n"),
        ("a\n", "| ", "\n---\n"),
        ("a\n---", " ", "x"),
        ("---\n", "a\n", ""),
        ("", "=\n", ""),
        ("", "x", "\n==="),
    ],
)
def test_hostile_markup_takes_no_time(start: str, repeated: str, end: str) -> None:
    text = start + repeated * 200_000 + end
    for name in ("a.md", "a.rst"):
        document = _parse(text, name)
        assert document.text == text
        assert all(len(section.title) <= 300 for section in document.sections)
