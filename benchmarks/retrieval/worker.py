"""Runs one case of one library in a process of its own and prints what it measured, as JSON on the last line.

Only the standard library, numpy and what is measured are needed here: each may have a Python of its own.
"""

import asyncio
import gc
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.retrieval.documents import read
from benchmarks.retrieval.embedding import KeptVectors, Words
from benchmarks.retrieval.subject import DEPTH, Subject

__all__ = ["main", "questions_from"]

_MB = 1_000_000
_WAYS = ("hybrid", "vector", "bm25")
_SECTIONS = 10

Figures = dict[str, Any]


class _Watch:
    """Wall and CPU seconds of this process, all of its threads, since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


async def _index(asked: Figures) -> Figures:
    """Documents from memory to ready for questions."""
    documents = list(read(Path(asked["texts"]), asked["megabytes"]))
    size = sum(len(text) for _, text in documents) / _MB
    subject: Subject = await _opened(asked)
    before, watch = _pss(), _Watch()
    chunks = await subject.index(documents)
    await subject.find(documents[0][1][:60], 1, "hybrid")
    wall, cpu = watch.read()
    del documents
    gc.collect()
    after = _pss()
    await subject.close()
    return {
        "chunks": chunks,
        "chunks_a_second": chunks / wall,
        "cpu_chunks_a_second": chunks / cpu,
        "mb_a_second": size / wall,
        "pss_mb": after,
        "more_mb": after - before,
    }


async def _query(asked: Figures) -> Figures:
    """Questions one after the other, each way."""
    documents = list(read(Path(asked["texts"]), asked["megabytes"]))
    subject: Subject = await _opened(asked, depth=10)
    chunks = await subject.index(documents)
    questions = questions_from([text for _, text in documents], asked["questions"])
    figures: Figures = {"chunks": chunks}
    for way in _WAYS:
        figures |= await _asked(subject, _fewer(questions, way), way)
    await subject.close()
    return figures


def _fewer(questions: Sequence[str], way: str) -> Sequence[str]:
    """The parts of a search are only to show where its time goes."""
    return questions if way == "hybrid" else questions[: max(10, len(questions) // 5)]


async def _asked(subject: Subject, questions: Sequence[str], way: str) -> Figures:
    for question in questions[:5]:
        await subject.find(question, 10, way)
    walls: list[float] = []
    watch = _Watch()
    for question in questions:
        began = time.perf_counter()
        found = await subject.find(question, 10, way)
        walls.append(time.perf_counter() - began)
        assert found, question
    cpu = watch.read()[1] / len(questions)
    name = "" if way == "hybrid" else f"{way}_"
    figures = {f"{name}p50_ms": statistics.median(walls) * 1e3, f"{name}cpu_ms": cpu * 1e3}
    return figures if name else {**figures, "p99_ms": sorted(walls)[int(len(walls) * 0.99)] * 1e3}


async def _quality(asked: Figures) -> Figures:
    """The first ten sections that each question finds, each way."""
    given = _collection(asked["collection"])
    subject: Subject = await _opened(asked, depth=DEPTH)
    await subject.take([tuple(each) for each in given["passages"]])
    found: dict[str, dict[str, list[list[str]]]] = {}
    for name, questions in given["questions"].items():
        found[name] = {}
        for way in asked["ways"]:
            orders = [await subject.find(question, DEPTH, way) for question, _ in questions]
            found[name][way] = [list(dict.fromkeys(order))[:_SECTIONS] for order in orders]
    await subject.close()
    return {"found": found}


def _collection(path: str) -> Figures:
    return json.loads(Path(path).read_text(encoding="utf-8"))


async def _tree(asked: Figures) -> Figures:
    """A folder by its words alone, through the platform."""
    subject: Any = await _opened(asked)
    watch = _Watch()
    report = await subject.index_words(Path(asked["texts"]) / "python")
    wall, cpu = watch.read()
    assert not report.failed, report.errors
    size = report.characters / _MB
    await subject.close()
    return {
        "documents": report.documents,
        "chunks": report.chunks,
        "mb_a_second": size / wall,
        "cpu_mb_a_second": size / cpu,
    }


async def _large(asked: Figures) -> Figures:
    """Many chunks through the platform's search, from its database; one document comes and goes."""
    documents = list(read(Path(asked["texts"]), asked["megabytes"]))
    texts = [text for _, text in documents]
    subject: Any = await _opened(asked)
    chunks = await subject.fill(documents, asked["chunks"])
    del documents
    questions = questions_from(texts, asked["questions"])
    watch = _Watch()
    await subject.find(questions[0], 10, "hybrid")
    figures: Figures = {"chunks": chunks, "load_s": watch.read()[0]}
    for way in _WAYS:
        figures |= await _asked(subject, _fewer(questions, way), way)
    figures |= await _changes(subject, texts, asked["changes"])
    gc.collect()
    figures["pss_mb"] = _pss()
    await subject.close()
    return figures


async def _changes(subject: Any, texts: Sequence[str], times: int) -> Figures:
    """From the call until a search has seen it: the slowest tenth says how long one may have to wait."""
    added: list[float] = []
    removed: list[float] = []
    for number in range(times):
        word = f"zyxword{number}"
        watch = _Watch()
        id_ = await subject.add(word, f"{word} {word}\n\n{texts[number % len(texts)][:8000]}")
        assert word in await subject.find(word, DEPTH, "hybrid"), f"{word} was added and is not found"
        added.append(watch.read()[0])
        watch = _Watch()
        await subject.remove(id_)
        assert word not in await subject.find(word, DEPTH, "hybrid"), f"{word} is still found"
        removed.append(watch.read()[0])
    return {"add_ms": statistics.median(added) * 1e3, "delete_ms": statistics.median(removed) * 1e3}


def questions_from(texts: Sequence[str], count: int) -> list[str]:
    """Three to five words that stand near each other in a text; always the same ones."""
    chance = random.Random(7)
    long = [text for text in texts if len(text) > 500]
    found: list[str] = []
    while len(found) < count:
        words = re.findall(r"[A-Za-z]{4,}", chance.choice(long))
        if len(words) > 12:
            first = chance.randrange(len(words) - 12)
            found.append(" ".join(chance.sample(words[first : first + 12], k=chance.randint(3, 5))))
    return found


_CASES: dict[str, Callable[[Figures], Coroutine[Any, Any, Figures]]] = {
    "index": _index,
    "query": _query,
    "quality": _quality,
    "tree": _tree,
    "large": _large,
}


async def _opened(asked: Figures, depth: int = DEPTH) -> Any:
    module, factory = asked["subject"]
    opening = getattr(import_module(f"benchmarks.retrieval.subjects.{module}"), factory)
    embedding = KeptVectors(Path(asked["vectors"])) if asked.get("vectors") else Words()
    return await opening(embedding, asked["folder"], depth)


def _pss() -> float:
    """Memory of this process in MB, its share of what it shares."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return int(dict(line.split(":", 1) for line in lines)["Pss"].split()[0]) / 1024


def main() -> None:
    """Measure what the first argument asks for."""
    asked = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run(_CASES[asked["case"]](asked))))


if __name__ == "__main__":
    main()
