"""The folders of this machine that users may index."""

from collections.abc import Iterable
from pathlib import Path

from liteagent.contracts.errors import InvalidInputError

__all__ = ["OpenFolders"]


class OpenFolders:
    """Tells the paths that users may name from all others.

    Args:
        folders: Everything below them is open; nothing else is.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)

    def check(self, source_path: str) -> None:
        """Make sure that a path leads, links followed, into one of the folders.

        A link can take a folder's place later, so this holds for the moment only.

        Raises:
            InvalidInputError: `path_not_allowed`: it does not, or it is relative.
        """
        path = Path(source_path)
        try:
            target = path.resolve()
        except (OSError, RuntimeError):  # a loop of links
            target = None
        is_open = target is not None and any(target.is_relative_to(folder) for folder in self._folders)
        if not is_open or not path.is_absolute():
            raise InvalidInputError(
                "This path is not open to HTTP clients. Upload the files at /api/datasources/upload, or let "
                "the operator add its folder to FILE_SOURCE_ROOTS and name it from the root (`/…`).",
                code="path_not_allowed",
            )
