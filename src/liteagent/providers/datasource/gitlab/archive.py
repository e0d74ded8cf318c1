"""A repository's archive, unpacked in memory and within bounds."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Final, cast

__all__ = ["blob_id", "unpacked"]

_MOST_MEMBERS: Final = 500_000
_MOST_UNPACKED: Final = 512 * 1024 * 1024
_MOST_KEPT: Final = 128 * 1024 * 1024
_LARGEST: Final = 50 * 1024 * 1024
_SHA256_DIGITS: Final = 64


def unpacked(data: bytes, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """The files of a `.tar.gz`, without the folder that GitLab puts around them.

    Only regular files are taken. What is damaged, or beyond the bounds, ends the unpacking: the files up to
    there are good, and the others have to be had in another way.

    Args:
        data: The archive.
        wanted: Tells by its path whether a file is taken.
    """
    files: dict[str, bytes] = {}
    kept = 0
    try:
        for path, content in _members(data, wanted):
            kept += len(content)
            if kept > _MOST_KEPT:
                break
            files[path] = content
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error):
        pass  # what came out before is whole: each file is compared with its hash when it is used
    return files


def blob_id(data: bytes, like: str) -> str:
    """The id that Git gives to this content, by the hash that the id `like` was made with."""
    made = hashlib.sha256() if len(like) == _SHA256_DIGITS else hashlib.sha1(usedforsecurity=False)
    made.update(b"blob %d\0" % len(data))
    made.update(data)
    return made.hexdigest()


def _members(data: bytes, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    stream = _Bounded(gzip.GzipFile(fileobj=io.BytesIO(data)))
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive:
        for count, member in enumerate(archive):
            if count > _MOST_MEMBERS:
                return
            path = member.name.partition("/")[2]
            if not member.isreg() or member.size > _LARGEST or not path or not wanted(path):
                continue
            if content := archive.extractfile(member):
                yield path, content.read()


class _Bounded(io.RawIOBase):
    """Reads so much and no more: sizes in an archive's headers are no promise."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = _MOST_UNPACKED

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes.

        Raises:
            OSError: There were too many.
        """
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise OSError("The archive unfolds to more than it may.")
        return data
