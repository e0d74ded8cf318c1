"""Children that read: limits, crashes, cancelling, recycling, and what a child may see."""

import io
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from liteagent.contracts.datasource import DocumentReader, ParsedDocument, RawDocument, Section
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.child import Child
from liteagent.providers.parsing.contained import ContainedParser
from liteagent.providers.parsing.formats import Formats
from liteagent.providers.parsing.frames import FrameError, answer_of, read_answer, success_frames
from liteagent.providers.parsing.limits import ParsingLimits

MB = 1024 * 1024
ROOM = 16_384 * MB  # so much that memory is not what ends a child
PAGE = RawDocument("a.html", b"<h1>Tea</h1><p>green</p>")
ENDLESS = RawDocument("rows.csv", b"a,b\n" * (10 * MB))
TEXT = ParsedDocument("Tea\n\ngreen", "text/html", "Tea", (Section("Tea", 1, 0),))


@pytest.fixture
async def readers() -> AsyncGenerator[list[ContainedParser]]:
    """What is added is closed."""
    opened: list[ContainedParser] = []
    yield opened
    for reader in opened:
        await reader.aclose()


def _open(
    readers: list[ContainedParser], limits: ParsingLimits | None = None, children: int = 1
) -> ContainedParser:
    readers.append(ContainedParser(limits, children=children))
    return readers[-1]


def _children() -> set[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return {pid for pid in found if b"liteagent.providers.parsing.worker" in _file(pid, "cmdline")}


def _file(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


def _opened(pid: int) -> list[str]:
    return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]


async def _cause(reader: DocumentReader, raw: RawDocument) -> str:
    with pytest.raises(DocumentUnreadableError) as caught:
        await reader.read(raw)
    return caught.value.details["cause"]


async def _busy_child(before: set[int]) -> int:
    """The child that has begun to read; it uses processor time while everything else rests."""
    while True:
        for pid in await anyio.to_thread.run_sync(_children) - before:
            if int(_file(pid, "stat").rpartition(b")")[2].split()[11]) > 50:
                return pid
        await anyio.sleep(0.01)


async def test_short_text_needs_no_child(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers)
    assert (await reader.read(RawDocument("a.md", b"# Tea"))).title == "Tea"
    assert _children() == before
    assert {".docx", ".html", ".md", ".pdf", ".py"} < set(reader.suffixes)


async def test_a_child_reads_one_document_after_another(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers)
    for _ in range(3):
        assert await reader.read(PAGE) == TEXT
    assert len(_children() - before) == 1


async def test_a_child_has_limits_and_sees_nothing(
    readers: list[ContainedParser], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    before = _children()
    with (tmp_path / "open").open("w") as inherited:
        os.set_inheritable(inherited.fileno(), True)
        await _open(readers, ParsingLimits(memory_bytes=100 * MB, files=32)).read(PAGE)
    (pid,) = _children() - before
    assert _file(pid, "environ") == b""
    assert not [each for each in _opened(pid) if not each.startswith("pipe:") and each != os.devnull]
    limits = {line[:25].strip(): line[26:46].strip() for line in _file(pid, "limits").decode().splitlines()}
    assert limits["Max file size"] == limits["Max core file size"] == "0"
    assert limits["Max open files"] == "32"
    assert 100 * MB < int(limits["Max address space"]) < 500 * MB
    assert limits["Max cpu time"].isdigit()


@pytest.mark.parametrize(
    ("limits", "raw", "cause"),
    [
        (ParsingLimits(wall_seconds=0.5, memory_bytes=ROOM), ENDLESS, "parse_timeout"),
        (ParsingLimits(cpu_seconds=-1, memory_bytes=ROOM), ENDLESS, "parse_timeout"),
        (ParsingLimits(memory_bytes=20 * MB), ENDLESS, "parse_memory"),
        (ParsingLimits(output_bytes=1000), RawDocument("a.html", b"<p>" + b"tea " * 1000), "too_large"),
        (ParsingLimits(input_bytes=1000), RawDocument("a.html", b"<p>" + b"tea " * 1000), "too_large"),
    ],
    ids=["wall", "processor", "memory", "output", "input"],
)
async def test_a_limit_is_a_cause_and_the_next_document_is_read(
    readers: list[ContainedParser], limits: ParsingLimits, raw: RawDocument, cause: str
) -> None:
    reader = _open(readers, limits)
    if cause != "parse_timeout" or limits.wall_seconds > 1:
        await reader.read(PAGE)
    assert await _cause(reader, raw) == cause
    if limits.wall_seconds > 1:
        assert (await reader.read(PAGE)).text == TEXT.text


async def test_a_crash_is_a_cause_and_the_next_document_is_read(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers, ParsingLimits(memory_bytes=ROOM))

    async def crash() -> None:
        os.kill(await _busy_child(before), signal.SIGSEGV)

    async with anyio.create_task_group() as group:
        group.start_soon(crash)
        assert await _cause(reader, ENDLESS) == "parse_crashed"
    assert (await reader.read(PAGE)).text == TEXT.text


async def test_a_child_that_dies_at_rest_is_replaced(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers)
    await reader.read(PAGE)
    (pid,) = _children() - before
    os.kill(pid, signal.SIGKILL)
    await anyio.to_thread.run_sync(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert (await reader.read(PAGE)).text == TEXT.text


async def test_cancelling_ends_the_child_at_once(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers)
    busy: list[int] = []
    async with anyio.create_task_group() as group:
        group.start_soon(reader.read, ENDLESS)
        busy.append(await _busy_child(before))
        group.cancel_scope.cancel()
    assert not {*busy} & _children()
    assert (await reader.read(PAGE)).text == TEXT.text


async def test_children_are_replaced_after_so_many_documents(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers, ParsingLimits(documents=2))
    seen: list[frozenset[int]] = []
    for _ in range(4):
        await reader.read(PAGE)
        seen.append(frozenset(_children() - before))
    assert [len(each) for each in seen] == [1, 0, 1, 0]
    assert seen[0] != seen[2]


async def test_several_read_at_once_and_closing_ends_all(readers: list[ContainedParser]) -> None:
    before = _children()
    reader = _open(readers, children=3)
    async with anyio.create_task_group() as group:
        for _ in range(9):
            group.start_soon(reader.read, PAGE)
    assert 1 <= len(_children() - before) <= 3
    await reader.aclose()
    assert _children() == before


class _Shouting:
    """A parser of somebody else's."""

    suffixes: tuple[str, ...] = (".html",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        return ParsedDocument(raw.data.decode().upper(), "text/x-loud")


def test_a_foreign_parser_comes_first_for_its_suffixes() -> None:
    formats = Formats([_Shouting()])
    assert formats.parse(RawDocument("a.html", b"tea")).media_type == "text/x-loud"
    assert formats.parse(RawDocument("a.htm", PAGE.data)) == TEXT


def test_a_child_loads_foreign_parsers_by_their_names() -> None:
    child = Child(ParsingLimits(), ["plain"])
    try:
        assert child.read(RawDocument("a.txt", PAGE.data)).text == PAGE.data.decode()
        assert child.read(PAGE) == TEXT
    finally:
        child.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x02\x00\x00\x00{}",
        b"\x04\x00\x00\x00what",
        b'\x10\x00\x00\x00{"resting": null}',
    ],
    ids=["nothing", "endless", "bare", "not JSON", "cut short"],
)
def test_a_child_that_makes_no_sense_is_not_believed(answer: bytes) -> None:
    with pytest.raises((FrameError, ValueError)):
        read_answer(io.BytesIO(answer), 1000)


def test_an_answer_comes_back_as_it_was_sent() -> None:
    sections = tuple(Section(f"Part {number}", 1 + number % 3, number) for number in range(2500))
    sent = ParsedDocument(
        "猫 and tea " * 60_000, "text/x", "Title", sections, (0, 10), {"author": "Anna", "n": 1}
    )
    pipe = io.BytesIO()
    answer_of(pipe, success_frames(sent, 123))
    pipe.seek(0)
    assert read_answer(pipe, 10 * MB) == (sent, 123)
    pipe.seek(0)
    with pytest.raises(FrameError, match="too long"):
        read_answer(pipe, 1000)
