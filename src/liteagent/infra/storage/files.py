"""Blobs as files, named by the SHA-256 of what they hold."""

import hashlib
import os
import secrets
from pathlib import Path

import anyio.to_thread

from liteagent.contracts.errors import NotFoundError
from liteagent.infra.system import sync_folder

__all__ = ["FileBlobStore"]


class FileBlobStore:
    """A `BlobStore` in a folder. A blob is there whole or not at all, also after a crash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes) -> str:
        """Store `data` durably and return its key."""
        key = hashlib.sha256(data).hexdigest()
        await anyio.to_thread.run_sync(self._write, self.path(key), data)
        return key

    async def get(self, key: str) -> bytes:
        """The bytes of a key."""
        try:
            return await anyio.to_thread.run_sync(self.path(key).read_bytes)
        except FileNotFoundError:
            raise NotFoundError(
                f"There is no stored file {key}; upload it again.", code="file_not_found"
            ) from None

    def path(self, key: str) -> Path:
        """Where the blob of `key` is, or would be."""
        return self._folder / key[:2] / key

    def _write(self, target: Path, data: bytes) -> None:
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            _write_durably(draft, data)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(target.parent)
        sync_folder(self._folder)


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
