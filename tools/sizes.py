"""Gate: files and functions stay small, and no file is named after nothing in particular.

Run `python -m tools.sizes`. A file of more than 600 lines or a function body of more than 60 fails; a file of
more than 400 lines or a body of more than 40 is printed as a warning.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tools.source import SourceFile, files, python_files

__all__ = ["main"]

FILE_WARNING, FILE_LIMIT = 400, 600
BODY_WARNING, BODY_LIMIT = 40, 60
APPLIED = Path("migrations/versions")
"""Lists of columns, never edited once they have been applied: their length says nothing."""
NAMELESS = {"util", "utils", "helper", "helpers", "common", "manager", "managers"}


def _nameless(root: Path) -> Iterator[str]:
    for path in files(root):
        inside = path.relative_to(root)
        for part in (*inside.parts[:-1], *([inside.stem] if inside.suffix == ".py" else [])):
            for word in NAMELESS.intersection(part.lower().replace("-", "_").split("_")):
                yield f"{inside}: `{word}` says nothing of what is inside; name it after the noun it holds"


def _long_files(sources: list[SourceFile], above: int, limit: float) -> Iterator[str]:
    for file in sources:
        if above < file.lines <= limit:
            yield f"{file.path}: {file.lines} lines, more than {above}; give each noun a file of its own"


def _long_bodies(sources: list[SourceFile], above: int, limit: float) -> Iterator[str]:
    for file in sources:
        for function in file.functions:
            if above < function.body <= limit:
                yield (
                    f"{file.path}:{function.line}: the body of {function.name}() has {function.body} lines, "
                    f"more than {above}; split it by what it does"
                )


def main() -> int:
    """Check the repository in the current folder; 1 when something is too long or nameless."""
    root, endless = Path(), float("inf")
    sources = [file for file in python_files(root) if APPLIED not in file.path.parents]
    for line in _long_files(sources, FILE_WARNING, FILE_LIMIT):
        print("warning:", line)
    for line in _long_bodies(sources, BODY_WARNING, BODY_LIMIT):
        print("warning:", line)
    faults = [
        *_nameless(root),
        *_long_files(sources, FILE_LIMIT, endless),
        *_long_bodies(sources, BODY_LIMIT, endless),
    ]
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
