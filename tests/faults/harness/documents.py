"""Generated documents, each with one word that no other document has."""

import random
from collections.abc import Iterator
from pathlib import Path

__all__ = ["documents", "token_of", "write_documents"]

_WORDS = (
    *("release", "rollback", "cluster", "quota", "ledger", "invoice", "schedule", "backup", "restore"),
    *("mirror", "window", "approval", "owner", "rotation", "handover", "incident", "summary", "region"),
    *("replica", "latency", "budget", "forecast", "review", "archive", "policy", "tenant", "handbook"),
)


def token_of(label: str, number: int) -> str:
    """The word that only this document has."""
    digits = "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")
    return f"zq{label}{digits}x"


def documents(label: str, count: int, paragraphs: int = 6, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Names and texts; `label` is letters only and part of every unique word."""
    words = random.Random(f"{label}-{seed}")
    for number in range(count):
        parts = [f"# Note {number}\n\nThe code word of this note is {token_of(label, number)}."]
        parts += [" ".join(words.choices(_WORDS, k=60)).capitalize() + "." for _ in range(paragraphs)]
        yield f"{label}-{number:04d}.md", "\n\n".join(parts)


def write_documents(folder: Path, label: str, count: int, paragraphs: int = 6) -> list[str]:
    """Write them into `folder`; their unique words."""
    folder.mkdir(parents=True)
    for name, text in documents(label, count, paragraphs):
        (folder / name).write_text(text, encoding="utf-8")
    return [token_of(label, number) for number in range(count)]
