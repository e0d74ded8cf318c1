"""Blobs are there whole or not at all."""

import asyncio
import os
from pathlib import Path

import pytest

from liteagent.contracts.errors import NotFoundError
from liteagent.infra.storage.files import FileBlobStore


def files(folder: Path) -> list[Path]:
    """Every file below `folder`."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_the_same_content_is_one_blob_however_many_put_it_at_once(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    data = os.urandom(300_000)
    keys = await asyncio.gather(*(store.put(data) for _ in range(30)))
    assert len(set(keys)) == 1
    assert [file.read_bytes() for file in files(tmp_path)] == [data]
    assert await FileBlobStore(tmp_path).get(keys[0]) == data


async def test_different_contents_do_not_meet(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    contents = [bytes([n]) * n for n in range(60)]
    keys = await asyncio.gather(*map(store.put, contents))
    assert list(await asyncio.gather(*map(store.get, keys))) == contents


async def test_a_half_written_file_of_a_dead_process_is_no_blob(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    key = await store.put(b"whole")
    blob = store.path(key)
    blob.rename(blob.with_name(f"{key}.0a0b0c0d.part"))
    with pytest.raises(NotFoundError, match="upload it again"):
        await store.get(key)
    assert await store.put(b"whole") == key
    assert await store.get(key) == b"whole"


@pytest.mark.parametrize("step", ["fsync", "replace"])
async def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = FileBlobStore(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail) if step == "fsync" else patched.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            await store.put(b"data")
    assert files(tmp_path) == []
    assert await store.get(await store.put(b"data")) == b"data"


async def test_a_blob_and_its_folders_are_on_the_disk_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    store = FileBlobStore(tmp_path)
    blob = store.path(await store.put(b"data"))
    assert synced[0].name.startswith(blob.name)
    assert synced[0].suffix == ".part"
    assert synced[1:] == [blob.parent, tmp_path]
