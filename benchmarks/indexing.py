"""Measures the way of a document: read, parse, chunk, analyse, index, search.

Usage: python benchmarks/indexing.py [FOLDER] [--chunks 100000]

FOLDER holds HTML pages or other text; Debian's python3-doc where omitted. The index is filled up to the
wanted number of chunks by taking the same documents again under other names.
"""

import argparse
import random
import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.terms import DocumentTerms, analyze
from liteagent.providers.parsing.html import HtmlParser
from liteagent.providers.parsing.plain import PlainParser

DEFAULT = Path("/usr/share/doc/python3-doc/html")
MB = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Indexed:
    """A document as the database would keep it."""

    chunk_ids: list[str]
    terms: bytes


def main() -> None:
    """Print a line for each figure."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    arguments.add_argument("--chunks", type=int, default=100_000)
    chosen = arguments.parse_args()
    for suffixes, parser in (((".html", ".htm"), HtmlParser()), ((".txt", ".rst", ".md"), PlainParser())):
        raws = list(read(chosen.folder, suffixes))
        if raws:
            measure_documents(f"{len(raws)} files {suffixes[0]}", raws, parser)
    measure_index(list(read(chosen.folder, (".txt", ".rst", ".md"))), chosen.chunks)


def read(folder: Path, suffixes: tuple[str, ...]) -> Iterable[RawDocument]:
    """The documents below `folder` with one of `suffixes`."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes and path.is_file():
            yield RawDocument(str(path.relative_to(folder)), path.read_bytes())


def measure_documents(title: str, raws: list[RawDocument], parser: Parser) -> None:
    """Throughput of each step, and of all together, in MB of source or text a second."""
    size = sum(len(raw.data) for raw in raws) / MB
    parsed, seconds = timed(lambda: parse(parser, raws))
    characters = sum(len(document.text) for document in parsed) / MB
    print(f"{title}: {size:.1f} MB, {characters:.1f} M characters of text")
    print(f"  parse    {size / seconds:7.1f} MB/s of source")
    chunker, analyzer = create_chunker("recursive"), Analyzer()
    chunks, chunking = timed(lambda: cut(chunker.chunk, parsed))
    print(f"  chunk    {characters / chunking:7.1f} MB/s of text, {sum(map(len, chunks))} chunks")
    terms, analysing = timed(lambda: [analyze(analyzer, document) for document in chunks])
    print(f"  analyse  {characters / analysing:7.1f} MB/s of text")
    index = Bm25Index(analyzer)
    _, building = timed(lambda: build(index, zip(chunks, terms, strict=True)))
    print(f"  index    {len(index) / building:7.0f} chunks/s")
    print(f"  together {size / (seconds + chunking + analysing + building):7.1f} MB/s of source, one thread")


def parse(parser: Parser, raws: list[RawDocument]) -> list[ParsedDocument]:
    """The readable ones of the documents."""
    documents: list[ParsedDocument] = []
    for raw in raws:
        try:
            documents.append(parser.parse(raw))
        except DocumentUnreadableError as error:
            print(f"  {error}")
    return documents


def cut(chunk: Callable[..., list[Chunk]], documents: list[ParsedDocument]) -> list[list[Chunk]]:
    """The chunks of each document."""
    return [chunk(str(n), document.text, document.sections) for n, document in enumerate(documents)]


def build(index: Bm25Index, documents: Iterable[tuple[list[Chunk], DocumentTerms]]) -> None:
    """Add everything, and merge as the first search would."""
    for number, (chunks, terms) in enumerate(documents):
        index.add_terms(str(number), [chunk.id for chunk in chunks], terms)
    index.snapshot()


def measure_index(raws: list[RawDocument], wanted: int) -> None:
    """Load, search and change an index of `wanted` chunks of 1000 code points."""
    parsed = parse(PlainParser(), raws)
    chunker, analyzer = create_chunker("recursive"), Analyzer()
    stored: list[Indexed] = []
    while sum(len(document.chunk_ids) for document in stored) < wanted:
        for document in parsed:
            chunks = chunker.chunk(str(len(stored)), document.text, document.sections)
            stored.append(Indexed([chunk.id for chunk in chunks], analyze(analyzer, chunks).to_bytes()))
    before = resident()
    index, loading = timed(lambda: load(analyzer, stored))
    kept = sum(len(document.terms) for document in stored)
    print(f"index of {len(index)} chunks in {len(stored)} documents")
    print(f"  stored   {kept / MB:7.1f} MB of terms, {kept / len(index):.0f} bytes a chunk")
    print(f"  load     {loading:7.2f} s, resident memory +{resident() - before:.0f} MB")
    measure_search(index, [document.text for document in parsed])
    measure_change(index, stored)


def load(analyzer: Analyzer, stored: list[Indexed]) -> Bm25Index:
    """The index as a start of the server makes it from the database."""
    index = Bm25Index(analyzer)
    for number, document in enumerate(stored):
        index.add_terms(str(number), document.chunk_ids, DocumentTerms.from_bytes(document.terms))
    index.snapshot()
    return index


def measure_search(index: Bm25Index, texts: list[str]) -> None:
    """Milliseconds for queries of 3 to 5 words that stand together in a text, and for a long question."""
    chance = random.Random(7)
    words = [re.findall(r"[A-Za-z]{4,}", chance.choice(texts)) for _ in range(300)]
    queries = [
        " ".join(chance.sample(some[first : first + 12], k=chance.randint(3, 5)))
        for some in words
        if len(some) > 12
        for first in [chance.randrange(len(some) - 12)]
    ]
    question = (
        "how do i configure the interpreter so that modules are searched for in a folder of my own "
        "and warnings become errors when the tests run"
    )
    for title, asked in (("3-5 words", queries), ("27 words", [question] * 50)):
        times = sorted(timed(lambda query=query: index.search(query, 10))[1] * 1000 for query in asked)
        p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
        print(f"  search   {title}: p50 {p50:.2f} ms, p99 {p99:.2f} ms")


def measure_change(index: Bm25Index, stored: list[Indexed]) -> None:
    """Add, then remove, about 1000 chunks in one document; the search that merges is counted in."""
    chunk_ids = [f"new-{n}" for n in range(1000)]
    texts = [Chunk(id_, "new", n, 0, 1, f"word{n} alpha beta gamma " * 20) for n, id_ in enumerate(chunk_ids)]
    terms = analyze(index.analyzer, texts)
    add = timed(lambda: (index.add_terms("new", chunk_ids, terms), index.search("alpha", 5)))[1]
    remove = timed(lambda: (index.remove("new"), index.search("alpha", 5)))[1]
    largest = max(range(len(stored)), key=lambda n: len(stored[n].chunk_ids))
    replace = timed(lambda: (add_again(index, stored, largest), index.search("alpha", 5)))[1]
    print(f"  change   +1000 chunks {add * 1000:.1f} ms, -1000 {remove * 1000:.1f} ms", end=", ")
    print(f"replace {len(stored[largest].chunk_ids)} chunks {replace * 1000:.1f} ms")


def add_again(index: Bm25Index, stored: list[Indexed], number: int) -> None:
    """Replace a document by itself."""
    document = stored[number]
    index.add_terms(str(number), document.chunk_ids, DocumentTerms.from_bytes(document.terms))


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and the seconds it takes."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def resident() -> float:
    """The process's memory in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / MB


if __name__ == "__main__":
    main()
