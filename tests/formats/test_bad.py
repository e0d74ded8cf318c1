"""What is damaged, protected or hostile gets its cause within its limits, and the others go on meanwhile."""

import random
import time
from collections.abc import AsyncGenerator, Callable

import anyio
import pytest

from liteagent.contracts.datasource import RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.contained import ContainedParser
from liteagent.providers.parsing.limits import ParsingLimits
from tests.formats import broken, made

MB = 1024 * 1024
LIMITS = ParsingLimits(wall_seconds=60, cpu_seconds=15, memory_bytes=256 * MB)
SEEN_LAG = 0.05

NOISE = random.Random(1).randbytes(5000)
SPACE = b"<x>" + b" " * (40 * MB) + b"</x>"
WORD = "word/document.xml"
SHEET = "xl/worksheets/sheet1.xml"
SLIDE = "ppt/slides/slide1.xml"
PACKAGE = "EPUB/content.opf"
RIGHTS = (
    b'<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData><CipherData>'
    b'<CipherReference URI="EPUB/text/ch001.xhtml"/></CipherData></EncryptedData></encryption>'
)


def _book() -> bytes:
    return made.by_pandoc("epub")


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _body(blocks: bytes) -> bytes:
    return b'<w:document xmlns:w="w"><w:body>' + blocks + b"</w:body></w:document>"


def _deep(tag: bytes) -> bytes:
    return _body(tag * 100_000 + tag.replace(b"<", b"</") * 100_000)


def _empty_docx() -> bytes:
    return broken.with_entry(made.docx(), WORD, _body(b"<w:p/>"))


BAD: dict[str, list[tuple[str, Callable[[], bytes]]]] = {
    "docx": [
        ("corrupt", lambda: _half(made.docx())),
        ("corrupt", lambda: NOISE),
        ("corrupt", lambda: broken.with_entry(made.docx(), WORD, b"<w:document>")),
        ("empty", _empty_docx),
        ("empty", lambda: b""),
        ("encrypted", lambda: broken.locked(made.docx())),
        ("encrypted", lambda: broken.locked_archive(made.docx())),
        ("bomb", lambda: broken.with_entry(made.docx(), WORD, broken.LAUGHS)),
        ("bomb", lambda: broken.with_entry(made.docx(), WORD, SPACE)),
        ("bomb", lambda: broken.with_entry(made.docx(), WORD, _deep(b"<w:sdt>"))),
        ("bomb", lambda: broken.with_entry(made.docx(), WORD, _deep(b"<w:p>"))),
    ],
    "pptx": [
        ("corrupt", lambda: _half(made.pptx())),
        ("corrupt", lambda: broken.with_entry(made.pptx(), SLIDE, b"\xff\xff")),
        ("encrypted", lambda: broken.locked(made.pptx())),
        ("bomb", lambda: broken.with_entry(made.pptx(), SLIDE, broken.LAUGHS)),
        ("bomb", lambda: broken.with_entry(made.pptx(), "ppt/media/image.bin", SPACE)),
    ],
    "xlsx": [
        ("corrupt", lambda: _half(made.xlsx())),
        ("corrupt", lambda: broken.with_entry(made.xlsx(), "xl/workbook.xml", b"<workbook")),
        ("empty", lambda: broken.with_entry(made.xlsx(), "xl/workbook.xml", b"<workbook/>")),
        ("encrypted", lambda: broken.locked(made.xlsx())),
        ("bomb", lambda: broken.with_entry(made.xlsx(), SHEET, broken.LAUGHS)),
        ("bomb", lambda: broken.with_entry(made.xlsx(), SHEET, SPACE)),
        ("parse_memory", lambda: broken.far_cell(made.xlsx())),
    ],
    "xls": [
        ("corrupt", lambda: _half(made.XLS)),
        ("corrupt", lambda: made.XLS[:600]),
    ],
    "ods": [
        ("corrupt", lambda: _half(made.ods())),
        (
            "encrypted",
            lambda: broken.with_entry(made.ods(), "META-INF/manifest.xml", b"<m><m:encryption-data/></m>"),
        ),
        ("bomb", lambda: broken.with_entry(made.ods(), "content.xml", broken.LAUGHS)),
        ("bomb", lambda: broken.with_entry(made.ods(), "content.xml", SPACE)),
    ],
    "epub": [
        ("corrupt", lambda: _half(_book())),
        ("corrupt", lambda: broken.with_entry(_book(), "META-INF/container.xml", b"<container/>")),
        ("encrypted", lambda: broken.with_entry(_book(), "META-INF/encryption.xml", RIGHTS)),
        ("bomb", lambda: broken.with_entry(_book(), PACKAGE, broken.LAUGHS)),
        ("bomb", lambda: broken.with_entry(_book(), "EPUB/text/ch001.xhtml", b"<div>" * 300_000)),
    ],
    "pdf": [
        ("corrupt", lambda: made.pdf()[:9000]),
        ("corrupt", lambda: b"%PDF-1.7\n" + NOISE),
        ("corrupt", lambda: NOISE),
        ("empty", lambda: made.pdf(pages=0)),
        ("encrypted", lambda: made.pdf(password="secret")),
        ("parse_memory", broken.inflating_pdf),
    ],
    "eml": [
        ("corrupt", lambda: b"\nno headers at all"),
        ("empty", lambda: b"From: a@example.org\n\n \n"),
        ("bomb", lambda: broken.deep_message(2000)),
        ("bomb", lambda: made.eml(("a.docx", "application/x", broken.with_entry(made.docx(), WORD, SPACE)))),
    ],
    "html": [
        ("empty", lambda: b"<!doctype html><script>only()</script>"),
        ("unsupported", lambda: b"<html>" + NOISE),
        ("bomb", lambda: b"<div>" * 300_000),
        ("bomb", lambda: b"<p " + b"a " * 200_000 + b">x"),
    ],
    "json": [
        ("corrupt", lambda: b'{"tea": ["green", '),
        ("empty", lambda: b" \n"),
        ("bomb", lambda: b"[" * 100_000 + b"]" * 100_000),
        ("parse_memory", lambda: b"[" + b"[]," * (5 * MB) + b"1]"),
    ],
    "jsonl": [("corrupt", lambda: b'{"a": 1}\n{"b": \n')],
    "csv": [
        ("empty", lambda: b",,\n,,\n"),
        ("unsupported", lambda: NOISE),
        ("too_large", lambda: b"x" * (20 * MB)),
        ("too_large", lambda: b"a," * 100_000),
        ("too_large", lambda: b'a,"' + b"b\n" * 100_000),
    ],
    "txt": [
        ("empty", lambda: b"\xef\xbb\xbf"),
        ("unsupported", lambda: NOISE),
        ("unsupported", lambda: b"\x89PNG\r\n\x1a\n"),
        ("corrupt", lambda: b"\xff\xfe\x00\xd8a\x00"),
        ("too_large", lambda: b"x" * (50 * MB + 1)),
    ],
}


@pytest.fixture
async def reader() -> AsyncGenerator[ContainedParser]:
    reader = ContainedParser(LIMITS)
    yield reader
    await reader.aclose()


@pytest.mark.parametrize("suffix", BAD)
async def test_the_bad_gets_its_cause(suffix: str, reader: ContainedParser) -> None:
    for number, (cause, make) in enumerate(BAD[suffix]):
        raw = RawDocument(f"{number}.{suffix}", make())
        with pytest.raises(DocumentUnreadableError) as caught:
            await reader.read(raw)
        assert caught.value.details["cause"] == cause, (number, caught.value.message)
        assert caught.value.details["name"] == raw.name
        assert caught.value.message.endswith(".")


@pytest.mark.alone
async def test_the_others_go_on_and_the_loop_is_never_held(reader: ContainedParser) -> None:
    bad = [
        RawDocument("deep.docx", broken.with_entry(made.docx(), WORD, _deep(b"<w:sdt>"))),
        RawDocument("deep.eml", broken.deep_message(2000)),
        RawDocument("far.xlsx", broken.far_cell(made.xlsx())),
        RawDocument("inflating.pdf", broken.inflating_pdf()),
        RawDocument("long.csv", b"x" * (20 * MB)),
        RawDocument("wide.json", b"[" + b"[]," * (5 * MB) + b"1]"),
    ]
    good = [RawDocument(f"{number}.docx", made.docx()) for number in range(6)]
    causes: list[str] = []
    texts: list[str] = []

    async def read(raw: RawDocument) -> None:
        try:
            texts.append((await reader.read(raw)).text)
        except DocumentUnreadableError as error:
            causes.append(error.details["cause"])

    lags: list[float] = []
    async with anyio.create_task_group() as beating:
        beating.start_soon(_beat, lags)
        async with anyio.create_task_group() as reading:
            for pair in zip(bad, good, strict=True):
                for raw in pair:
                    reading.start_soon(read, raw)
        beating.cancel_scope.cancel()
    assert sorted(causes) == ["bomb", "bomb", "parse_memory", "parse_memory", "parse_memory", "too_large"]
    assert len(texts) == len(good)
    assert all(made.LINE in text for text in texts)
    lags.sort()
    assert len(lags) > 20
    assert lags[int(len(lags) * 0.99)] < SEEN_LAG


async def _beat(lags: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        await anyio.sleep(0.005)
        lags.append(time.perf_counter() - begun - 0.005)
