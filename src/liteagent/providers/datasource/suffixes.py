"""Which files are documents, by their names."""

from pathlib import PurePosixPath
from typing import Final

from liteagent.providers.parsing.kinds import SUFFIXES

__all__ = ["DOCUMENT_SUFFIXES", "is_document", "is_skipped_folder"]

_PLAIN_MARKUP: Final = frozenset((".adoc", ".asciidoc", ".org", ".rdoc"))
"""Read as plain text, for want of a better reader."""

DOCUMENT_SUFFIXES: Final = frozenset(SUFFIXES) | _PLAIN_MARKUP
"""What a folder or a repository is searched for: what has a parser, and what can be read without one."""

# Hidden folders (.git, .venv, .tox …) are left out as well.
_SKIPPED_FOLDERS: Final = frozenset(("__pycache__", "CVS", "_darcs", "node_modules", "site-packages", "venv"))


def is_document(name: str) -> bool:
    """Whether a file of this name, without folders, is taken.

    Example:
        >>> [is_document(name) for name in ("Report.PDF", "photo.jpg", ".hidden.txt")]
        [True, False, False]
    """
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in DOCUMENT_SUFFIXES


def is_skipped_folder(name: str) -> bool:
    """Whether a folder of this name, and all below it, is left out: hidden, packages, version control."""
    return name.startswith(".") or name in _SKIPPED_FOLDERS
