"""The text of real files comes out right: headings, other scripts, lists, tables, pages and properties."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from liteagent.contracts.datasource import ParsedDocument, RawDocument
from liteagent.providers.parsing.formats import Formats
from tests.formats import made

TABLE = "| Name | Price |\n| --- | --- |\n| Green \\| white | 3 |\n| Oolong | 4.5 |"


def _read(name: str, data: bytes) -> ParsedDocument:
    document = Formats().parse(RawDocument(name, data))
    assert all(0 <= section.start < len(document.text) for section in document.sections)
    assert list(document.pages) == sorted(document.pages)
    for section in document.sections:
        assert document.text[section.start :].startswith(section.title)
    return document


def _outline(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


def _csv(delimiter: str) -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter).writerows(made.ROWS)
    return target.getvalue().encode()


FILES: dict[str, Callable[[], bytes]] = {
    "pandoc.docx": lambda: made.by_pandoc("docx"),
    "pandoc.pptx": lambda: made.by_pandoc("pptx"),
    "pandoc.epub": lambda: made.by_pandoc("epub"),
    "pandoc.html": lambda: made.by_pandoc("html"),
    "python-docx.docx": made.docx,
    "python-pptx.pptx": made.pptx,
    "odfdo.ods": made.ods,
    "python.eml": lambda: made.eml(html=True),
    "comma.csv": lambda: _csv(","),
    "semicolon.csv": lambda: _csv(";"),
    "tabs.tsv": lambda: _csv("\t"),
}
if made.office_is_here():
    FILES.update(
        {
            "office.docx": lambda: made.by_libreoffice(made.docx(), ".docx", "docx"),
            "office.xlsx": lambda: made.by_libreoffice(made.ods(), ".ods", "xlsx"),
        }
    )


@pytest.mark.parametrize("name", FILES)
def test_a_table_stays_a_table(name: str) -> None:
    text = _read(name, FILES[name]()).text
    assert TABLE in text
    assert made.LINE in text or name.endswith((".csv", ".tsv"))


@pytest.mark.parametrize("to", ["docx", "epub", "html"])
def test_what_pandoc_writes(to: str) -> None:
    document = _read(f"guide.{to}", made.by_pandoc(to))
    assert document.title == "Tea guide"
    assert _outline(document)[-2:] == [(1, "Brewing"), (2, "Prices")]
    assert document.metadata["author"] == "Anna"
    assert document.metadata["language"] == "en"
    assert f"{made.LINE}. Read the manual first." in document.text
    assert "- one kettle\n- two cups\n  - of glass\n\n1. heat\n2. pour" in document.text
    assert 'def brew():\n    return "tea"' in document.text


def test_notes_of_a_document_stand_at_its_end() -> None:
    text = _read("guide.docx", made.by_pandoc("docx")).text
    assert "first.[^1]" in text
    assert text.endswith("[^1]: It is short.")


@pytest.mark.parametrize("style", ["Heading 1", "Überschrift eins"])
def test_headings_have_styles_of_any_name(style: str) -> None:
    document = _read("a.docx", made.docx(heading_style=style))
    assert _outline(document) == [(1, "Tea guide"), (1, "Brewing")]
    assert document.text.startswith(
        f"Tea guide\n\nBrewing\n\n{made.LINE}\n\n- one kettle\n- two cups\n\n1. heat\n2. pour\n\n{TABLE}\n"
    )
    assert document.text.endswith("| both columns |")


def test_slides_are_pages_with_their_notes() -> None:
    document = _read("a.pptx", made.pptx())
    first, second = document.pages
    assert document.text[first:second].startswith(f"Brewing\n\n- {made.LINE}\n- one kettle\n  - of glass\n")
    assert "Notes: Say it slowly." in document.text[first:second]
    assert document.text[second:] == f"Prices\n\n{TABLE}"
    assert _outline(document) == [(1, "Brewing"), (1, "Prices")]


def test_each_visible_sheet_is_a_section() -> None:
    document = _read("a.xlsx", made.xlsx())
    assert document.text == (
        f"Brewing\n\n{made.LINE}\n\n| Name | Price | Since |\n| --- | --- | --- |\n"
        "| Green \\| white | 3 | 2024-05-01 |\n| Oolong | 4.5 | TRUE |\n\n"
        "Second\n\n| only | one |\n| --- | --- |"
    )
    assert _outline(document) == [(1, "Brewing"), (1, "Second")]


def test_an_old_workbook_is_read() -> None:
    assert _read("old.xls", made.XLS).text == _read("a.xlsx", made.xlsx()).text


def test_pages_and_outline_of_a_pdf() -> None:
    document = _read("a.pdf", made.pdf(pages=3))
    assert (document.title, document.metadata["author"]) == ("Tea guide", "Anna")
    assert _outline(document) == [(1, "Brewing"), (2, "Part 2"), (2, "Part 3")]
    ends = [*document.pages[1:], len(document.text)]
    for number, (start, end) in enumerate(zip(document.pages, ends, strict=True), 1):
        page = document.text[start:end]
        assert f"Seite {number}: a long word is broken here, and a well-known one is not." in page
        assert "吾輩は猫である" in page


def test_a_message_with_attachments() -> None:
    forwarded = made.eml()
    message = made.eml(
        ("prices.csv", "text/csv", _csv(",")),
        ("guide.docx", "application/octet-stream", made.by_pandoc("docx")),
        ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n..."),
        ("old.eml", "application/octet-stream", forwarded),
    )
    document = _read("a.eml", message)
    assert document.title == "Grüße über Tee"
    assert document.metadata == {
        "from": "Anna Müller <anna@example.org>",
        "to": "bob@example.org",
        "date": "2024-05-01T10:00:00+02:00",
        "message_id": "tea@example.org",
    }
    assert document.text.startswith(
        f"Grüße über Tee\n\n{made.LINE}\n\nSee you = soon.\n\nAttachment: prices.csv\n\n"
    )
    assert document.text.count(TABLE) == 2
    assert "Attachment: photo.png\n\nNot read: unsupported." in document.text
    assert _outline(document) == [
        (1, "Grüße über Tee"),
        (2, "Attachment: prices.csv"),
        (2, "Attachment: guide.docx"),
        (3, "Tea guide"),
        (3, "Brewing"),
        (4, "Prices"),
        (2, "Attachment: photo.png"),
        (2, "Attachment: old.eml"),
        (3, "Grüße über Tee"),
    ]


def test_json_in_one_line_is_laid_out() -> None:
    value = {"tea": [{"name": "Grüße", "price": number} for number in range(200)]}
    text = json.dumps(value, ensure_ascii=False)
    document = _read("a.json", text.encode())
    assert json.loads(document.text) == value
    assert max(map(len, document.text.splitlines())) < 40
    assert _read("short.json", b'{"a":  NaN}\n').text == '{"a":  NaN}\n'


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson"])
def test_json_by_lines_is_kept(name: str) -> None:
    text = '{"a": 1}\n\n{"b": "猫"}\n'
    assert _read(name, text.encode()) == ParsedDocument(text, "application/jsonl")


def test_settings_with_comments_are_kept() -> None:
    text = '{\n  // why\n  "a": 1,\n}\n'
    assert _read("tsconfig.json", text.encode()).text == text


SPOKEN = {
    "cp1252": "Grüße an die Müllers – “bald” kommt der Frühling, sagte die Bäckerin.",
    "shift_jis": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "euc_jp": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "gb18030": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "big5": "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。",
    "euc_kr": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "koi8_r": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "cp1251": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "cp1250": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.",
    "iso8859_7": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "cp1255": "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון.",
}


@pytest.mark.parametrize("encoding", SPOKEN)
def test_encodings_that_nobody_declares(encoding: str) -> None:
    assert _read("a.txt", SPOKEN[encoding].encode(encoding)).text == SPOKEN[encoding]


@pytest.mark.parametrize(
    ("name", "head"),
    [("a.xml", '<?xml version="1.0" encoding="{}"?><a>'), ("a.py", "# -*- coding: {} -*-\n")],
)
def test_encodings_that_a_first_line_declares(name: str, head: str) -> None:
    text = head.format("koi8-r") + "Чай"
    assert _read(name, text.encode("koi8-r")).text == text


MISLABELLED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a PDF as DOCX": ("a.docx", made.pdf, "application/pdf"),
    "a DOCX as PDF": ("a.pdf", made.docx, "wordprocessingml.document"),
    "a workbook as CSV": ("a.csv", made.xlsx, "spreadsheetml.sheet"),
    "slides as text": ("a.txt", made.pptx, "presentationml.presentation"),
    "a book as ZIP": ("a.zip", lambda: made.by_pandoc("epub"), "application/epub+zip"),
    "a page as DOC": ("a.doc", lambda: made.by_pandoc("html"), "text/html"),
    "a page as JSON": ("a.json", lambda: made.by_pandoc("html"), "text/html"),
    "a message as text": ("a.txt", made.eml, "message/rfc822"),
    "tabs as XLS": ("a.xls", lambda: _csv("\t"), "text/csv"),
    "text as PDF": ("a.pdf", made.LINE.encode, "text/plain"),
    "text as HTML": ("a.html", made.LINE.encode, "text/plain"),
    "text as EPUB": ("a.epub", made.LINE.encode, "text/plain"),
    "without a suffix": ("README", lambda: made.by_pandoc("docx"), "wordprocessingml.document"),
}


@pytest.mark.parametrize("how", MISLABELLED)
def test_a_mislabelled_file_is_read_as_what_it_is(how: str) -> None:
    name, make, media_type = MISLABELLED[how]
    assert _read(name, make()).media_type.endswith(media_type)


def test_a_declared_media_type_comes_before_the_name() -> None:
    raw = RawDocument("page.php", b"<p>Tea", "text/html; charset=utf-8")
    assert Formats().parse(raw).text == "Tea"
    assert Formats().parse(RawDocument("guide", b"# Tea", "text/markdown")).title == "Tea"
