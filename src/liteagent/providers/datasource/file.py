"""A data source that is a file or a folder of this machine."""

import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from anyio import to_thread

from liteagent.contracts.datasource import DataSource, Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, InvalidInputError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.providers.datasource.config import option, read_config
from liteagent.providers.datasource.folder_changes import folder_changes
from liteagent.providers.datasource.suffixes import is_document, is_skipped_folder

__all__ = ["FileConfig", "FileSource", "create"]

_LARGEST = 50 * 1024 * 1024
_MOST_DOCUMENTS = 100_000

# A path is resolved before it is opened, so a link in its place is a later exchange; a pipe must not block.
_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class FileConfig:
    """The configuration of a file source."""

    source_path: str = option(
        "", "A file or a folder on the server; `~` stands for the home folder. Required."
    )


class FileSource:
    """A folder with everything below it that is named like a document, or one file.

    Left out are hidden files and folders, those of version control, virtual environments and packages,
    symbolic links that lead out of the folder or to other folders, and what is not a regular file. A single
    file is taken whatever it is called.

    Args:
        path: The file or folder; `~` stands for the home folder.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    async def list(self) -> AsyncIterator[Listed]:
        """The files in the order of their paths; names are relative to the folder, with `/` between parts.

        Raises:
            InvalidInputError: There is no such file or folder, it may not be read, or it holds over 100,000
                files.
        """
        for listed in await to_thread.run_sync(_listing, self._path):
            yield listed

    async def read(self, listed: Listed) -> RawDocument:
        """The bytes of one file.

        Raises:
            DocumentUnreadableError: It is gone, not readable, not regular, outside of the folder or over 50
                MiB.
        """
        return await to_thread.run_sync(self._read, listed)

    async def watch(self, *, quiet: float = 1.0) -> AsyncGenerator[None]:
        """Wait for changes: one item when the watch has begun, and one after each burst of changes.

        What changed is not said: list the source again; what has kept its version is as it was. Changes that
        come while an item is worked at are one item together. A watch holds a worker thread until it is
        closed, and leaves the name of a link that is the source itself out of sight.

        Args:
            quiet: Seconds; a burst is over when nothing has happened for so long, or after ten times that.

        Raises:
            InvalidInputError: There is no such file or folder.
        """
        root = await to_thread.run_sync(_root, self._path)
        begun = False
        async for changes in folder_changes(root, quiet):
            if changes or not begun:
                begun = True
                yield

    def _read(self, listed: Listed) -> RawDocument:
        root = _root(self._path)
        folder = root if root.is_dir() else root.parent
        try:
            path = (folder / listed.locator).resolve(strict=True)
        except (OSError, ValueError) as error:
            raise _unreadable(listed, "it is gone. Index the source again.") from error
        if not path.is_relative_to(root):
            raise _unreadable(listed, "it leads out of the source's folder. Copy it into the folder instead.")
        try:
            return RawDocument(listed.name, _bytes(listed, path))
        except OSError as error:
            raise _unreadable(listed, f"it cannot be read ({error.strerror}).") from error


def create(config: JsonObject, fetch: Fetch) -> DataSource:  # noqa: ARG001 - every source is made alike
    """The source, as the entry point `liteagent.datasource` makes it from a `FileConfig`.

    Raises:
        InvalidInputError: `source_path` is missing.
    """
    path = read_config(FileConfig, config).source_path
    if not path.strip():
        raise InvalidInputError("A file source needs `source_path`: a file or a folder on the server.")
    return FileSource(path)


def _root(path: str) -> Path:
    try:
        return Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no home; ValueError: a NUL in it
        raise InvalidInputError(
            f"There is no file or folder {path!r} that can be read. Check the path."
        ) from error


def _listing(path: str) -> list[Listed]:
    root = _root(path)
    if not root.is_dir():
        return [_listed(root.name, root)]
    if not os.access(root, os.R_OK | os.X_OK):
        raise InvalidInputError(f"The folder {path!r} may not be read. Change its permissions.")
    found = list(islice(_walk(root), _MOST_DOCUMENTS + 1))
    if len(found) > _MOST_DOCUMENTS:
        raise InvalidInputError(
            f"The folder {path!r} holds over {_MOST_DOCUMENTS:,} files. Name a folder inside of it."
        )
    return found


def _walk(root: Path) -> Iterator[Listed]:
    for parent, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if _wanted_folder(Path(parent), name))
        for name in sorted(files):
            path = Path(parent, name)
            if is_document(name) and _belongs(path, root):
                yield _listed(path.relative_to(root).as_posix(), path)


def _wanted_folder(parent: Path, name: str) -> bool:
    return not (is_skipped_folder(name) or Path(parent, name, "pyvenv.cfg").is_file())


def _belongs(path: Path, root: Path) -> bool:
    """Whether it is a regular file and, if it is a link, leads to one inside of `root`."""
    try:
        return path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(root))
    except OSError:
        return False


def _listed(name: str, path: Path) -> Listed:
    # A name that is no valid Unicode cannot be kept; it is shown with escapes, and reading it will say so.
    shown = name.encode("utf-8", "backslashreplace").decode()
    status = path.stat()
    version = f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"
    return Listed(shown, shown, status.st_size, version)


def _bytes(listed: Listed, path: Path) -> bytes:
    """The content, from a file that is regular and small enough at the moment it is open."""
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(listed, "it is not a regular file. Take it out of the source.")
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise _unreadable(listed, f"it has {status.st_size:,} bytes; the limit is {_LARGEST:,}. Split it.")
    return data


def _unreadable(listed: Listed, why: str) -> DocumentUnreadableError:
    return DocumentUnreadableError(f"{listed.name}: {why}", details={"name": listed.name})
