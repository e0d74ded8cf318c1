"""The operating system's word that something in a folder has changed."""

from collections.abc import AsyncIterator
from pathlib import Path, PurePath

from anyio import to_thread
from watchfiles import Change, awatch  # pyright: ignore[reportUnknownVariableType]  its types name trio

from liteagent.providers.datasource.suffixes import is_document, is_skipped_folder

__all__ = ["folder_changes"]

_PATIENCE_MS = 500
"""How long a cancelled watch may take to end."""


async def folder_changes(root: Path, quiet: float) -> AsyncIterator[bool]:
    """Whether documents have changed, at the end of each burst and every half a second without one.

    Args:
        root: A file or a folder, links resolved.
        quiet: Seconds without a change that end a burst.
    """
    # An editor that replaces a file leaves a watch on the old one, so a single file is seen from its folder.
    folder = root if await to_thread.run_sync(root.is_dir) else root.parent
    step = max(1, round(quiet * 1000))
    changes = awatch(
        folder,
        watch_filter=_Documents(root),
        debounce=step * 10,
        step=step,
        rust_timeout=_PATIENCE_MS,
        yield_on_timeout=True,
        recursive=folder == root,
        ignore_permission_denied=True,
    )
    async for changed in changes:
        yield bool(changed)


class _Documents:
    """Lets through what may be a change of a document, or of a folder that may hold some."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, _change: Change, path: str) -> bool:
        changed = PurePath(path)
        if changed == self._root or not changed.is_relative_to(self._root):
            return changed == self._root
        parts = changed.relative_to(self._root).parts
        return not any(map(is_skipped_folder, parts)) and (is_document(parts[-1]) or "." not in parts[-1])
