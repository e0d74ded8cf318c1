"""Path patterns."""

import pytest

from liteagent.providers.datasource.globs import matches_any


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.md", "a.md", True),
        ("*.md", "docs/a.md", True),
        ("docs/*.md", "docs/a.md", True),
        ("docs/*.md", "docs/x/a.md", False),
        ("docs/**/*.md", "docs/a.md", True),
        ("docs/**", "docs/x/a.txt", True),
        ("docs/", "docs/x/a.txt", True),
        ("/a.md", "a.md", True),
        ("/a.md", "x/a.md", False),
        ("a?.md", "ab.md", True),
        ("a?.md", "a/.md", False),
        ("a.md", "aXmd", False),
        ("[a].md", "a.md", False),
    ],
)
def test_patterns(pattern: str, path: str, *, matches: bool) -> None:
    assert matches_any(path, [pattern]) is matches
