"""The file source: what it takes, what it leaves, and that nothing leads out of it."""

import os
from pathlib import Path

import anyio
import pytest

from liteagent.contracts.datasource import DataSource, Listed
from liteagent.contracts.errors import DocumentUnreadableError, InvalidInputError
from liteagent.providers.datasource.file import FileSource
from liteagent.providers.datasource.file import create as create_source
from liteagent.providers.datasource.suffixes import DOCUMENT_SUFFIXES
from liteagent.providers.parsing.html import HtmlParser
from liteagent.providers.parsing.plain import PlainParser
from liteagent.testing.fetch import ScriptedFetch


def create(config: dict[str, str]) -> DataSource:
    return create_source(config, ScriptedFetch([]))


def _write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))


async def _names(source: DataSource) -> list[str]:
    return [listed.name async for listed in source.list()]


async def test_a_folder_is_walked_in_a_stable_order(tmp_path: Path) -> None:
    _write(tmp_path, "b.md", "a.txt", "sub/z.py", "sub/a.HTML", "sub/deep/x.json", "Zoë.csv")
    source = create({"source_path": str(tmp_path)})
    names = await _names(source)
    assert names == ["Zoë.csv", "a.txt", "b.md", "sub/a.HTML", "sub/z.py", "sub/deep/x.json"]
    async for listed in source.list():
        raw = await source.read(listed)
        assert (raw.name, raw.data.decode(), listed.size) == (listed.name, listed.name, len(raw.data))


async def test_what_is_left_out(tmp_path: Path) -> None:
    _write(tmp_path, "a.txt", ".hidden.txt", ".git/a.txt", "node_modules/a.js", "venv/a.py", "env/pyvenv.cfg")
    _write(tmp_path, "env/a.py", "image.png", "README", "__pycache__/a.py")
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    assert await _names(create({"source_path": str(tmp_path)})) == ["a.txt"]


async def test_links_lead_nowhere_else(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _write(tmp_path, "secret.txt", "other/a.txt", "root/a.txt", "root/sub/b.txt")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "folder").symlink_to(tmp_path / "other")
    (root / "loop").symlink_to(root)
    (root / "broken.txt").symlink_to(root / "nothing.txt")
    (root / "inside.txt").symlink_to(root / "sub" / "b.txt")
    source = create({"source_path": str(root)})
    assert await _names(source) == ["a.txt", "inside.txt", "sub/b.txt"]
    for locator in ("out.txt", "folder/a.txt", "../secret.txt", str(tmp_path / "secret.txt")):
        with pytest.raises(DocumentUnreadableError, match="leads out"):
            await source.read(Listed("x", locator))
    assert (await source.read(Listed("x", "inside.txt"))).data == b"root/sub/b.txt"


async def test_the_root_itself_may_be_a_link_or_hidden(tmp_path: Path) -> None:
    _write(tmp_path, ".notes/a.txt")
    (tmp_path / "link").symlink_to(tmp_path / ".notes")
    source = create({"source_path": str(tmp_path / "link")})
    assert await _names(source) == ["a.txt"]
    assert (await source.read(Listed("a.txt", "a.txt"))).data == b".notes/a.txt"


async def test_one_file_whatever_it_is_called(tmp_path: Path) -> None:
    _write(tmp_path, "README", "other.txt")
    source = create({"source_path": str(tmp_path / "README")})
    (listed,) = [listed async for listed in source.list()]
    assert (listed.name, (await source.read(listed)).data) == ("README", b"README")
    with pytest.raises(DocumentUnreadableError, match="leads out"):
        await source.read(Listed("other.txt", "other.txt"))


@pytest.mark.parametrize("path", ["/no/such/folder", "\x00", "~nobody-of-that-name/x", "a" * 5000])
async def test_a_path_that_is_not_there(path: str) -> None:
    with pytest.raises(InvalidInputError, match="Check the path"):
        await _names(create({"source_path": path}))


@pytest.mark.parametrize("config", [{}, {"source_path": " "}])
def test_a_path_is_needed(config: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="`source_path`"):
        create(config)


async def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    _write(tmp_path, "large.txt")
    os.truncate(tmp_path / "large.txt", 50 * 1024 * 1024 + 1)
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    source = create({"source_path": str(tmp_path)})
    for name, said in (
        ("large.txt", "limit"),
        ("pipe.txt", "regular"),
        ("folder.txt", "directory|regular"),
        ("gone.txt", "gone"),
        ("nul\x00.txt", "gone"),
    ):
        with pytest.raises(DocumentUnreadableError, match=said):
            await source.read(Listed(name, name))


async def test_a_name_that_is_no_unicode_is_shown_with_escapes(tmp_path: Path) -> None:
    _write(tmp_path, os.fsdecode(b"bad\xff.txt"))
    source = create({"source_path": str(tmp_path)})
    (listed,) = [listed async for listed in source.list()]
    assert listed.name == "bad\\udcff.txt"
    with pytest.raises(DocumentUnreadableError, match="gone"):
        await source.read(listed)


async def test_what_has_a_parser_is_listed(tmp_path: Path) -> None:
    suffixes = {
        *PlainParser.suffixes,
        *HtmlParser.suffixes,
        ".pdf",
        ".docx",
        ".pptx",
        ".xlsx",
        ".epub",
        ".eml",
    }
    _write(tmp_path, *(f"a{suffix}" for suffix in suffixes), "a.exe", "a.png")
    names = await _names(create({"source_path": str(tmp_path)}))
    assert {Path(name).suffix for name in names} == suffixes
    assert suffixes <= DOCUMENT_SUFFIXES


async def test_the_version_changes_with_the_file(tmp_path: Path) -> None:
    _write(tmp_path, "a.md")
    source, path = create({"source_path": str(tmp_path)}), tmp_path / "a.md"

    async def version() -> str | None:
        (listed,) = [listed async for listed in source.list()]
        return listed.version

    versions = [await version(), await version()]
    assert versions[0] == versions[1] is not None
    path.write_bytes(b"longer than before")
    versions.append(await version())
    os.utime(path, ns=(1, 1))
    versions.append(await version())
    (tmp_path / "other").write_bytes(b"longer than before")
    os.utime(tmp_path / "other", ns=(1, 1))
    (tmp_path / "other").replace(path)
    versions.append(await version())
    assert len(set(versions[1:])) == 4


async def test_a_watch_tells_when_to_look_again(tmp_path: Path) -> None:
    _write(tmp_path, "a.md", ".git/x.txt", "sub/b.md")
    changes = FileSource(str(tmp_path)).watch(quiet=0.02)
    told: list[str] = []

    async def next_change() -> None:
        with anyio.fail_after(20):
            await anext(aiter(changes))
        told.append("changed")

    await next_change()  # it has begun
    (tmp_path / "a.md").write_text("changed")
    await next_change()
    (tmp_path / "sub" / "b.md").unlink()
    await next_change()
    _write(tmp_path, "new/deep/c.md")
    await next_change()
    (tmp_path / "sub").rmdir()
    await next_change()
    assert len(told) == 5
    await changes.aclose()


async def test_a_watch_passes_over_what_is_no_document(tmp_path: Path) -> None:
    _write(tmp_path, "a.md", ".git/x.txt")
    changes = FileSource(str(tmp_path)).watch(quiet=0.02)
    await anext(aiter(changes))
    _write(tmp_path, ".git/y.txt", "picture.png", "node_modules/z.js", ".swp.md")
    with anyio.move_on_after(0.3) as waiting:
        await anext(aiter(changes))
    assert waiting.cancelled_caught


async def test_a_watch_of_one_file_survives_that_it_is_replaced(tmp_path: Path) -> None:
    _write(tmp_path, "a.md", "b.md")
    changes = FileSource(str(tmp_path / "a.md")).watch(quiet=0.02)
    await anext(aiter(changes))
    for name in ("one", "two"):
        _write(tmp_path, name)
        (tmp_path / name).replace(tmp_path / "a.md")
        with anyio.fail_after(20):
            await anext(aiter(changes))
    (tmp_path / "b.md").write_text("another")
    with anyio.move_on_after(0.3) as waiting:
        await anext(aiter(changes))
    assert waiting.cancelled_caught


async def test_a_watch_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="Check the path"):
        await anext(aiter(FileSource(str(tmp_path / "none")).watch()))
