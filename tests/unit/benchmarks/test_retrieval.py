"""The parts of the retrieval benchmark that need no documentation and no peer."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.comparing.goals import Goal, judged
from benchmarks.comparing.results import Results
from benchmarks.retrieval.cases import CASES, quick
from benchmarks.retrieval.documents import read
from benchmarks.retrieval.embedding import DIMENSIONS, KeptVectors, Words, key_of
from benchmarks.retrieval.goals import GOALS
from benchmarks.retrieval.libraries import LIBRARIES
from benchmarks.retrieval.report import as_json, as_text
from benchmarks.retrieval.subject import Subject
from benchmarks.retrieval.subjects.liteagent import open_subject
from benchmarks.retrieval.subjects.platform import open_subject as open_platform
from benchmarks.retrieval.worker import questions_from

_TEXTS = {
    "tea.md": "Green tea brews at eighty degrees. " * 20,
    "kernel.md": "The scheduler hands out the processor in slices. " * 20,
    "snow.md": "Snow falls in winter, rain in autumn. " * 20,
}


def test_words_embed_alike_in_every_process() -> None:
    """Rows of length 1 that depend on nothing but the text."""
    one, other = Words().vectors(["green tea", "a kernel"]), Words().vectors(["a kernel", "green tea"])
    assert one.shape == (2, DIMENSIONS)
    assert one.dtype == np.float32
    assert np.allclose(np.linalg.norm(one, axis=1), 1)
    assert np.array_equal(one, other[::-1])


def test_kept_vectors_are_those_of_their_texts(tmp_path: Path) -> None:
    """Found by the text, in the order asked for."""
    vectors = np.eye(2, 3, dtype=np.float32)
    np.savez(tmp_path / "v.npz", keys=np.array([key_of("a"), key_of("b")]), vectors=vectors)
    assert np.array_equal(KeptVectors(tmp_path / "v.npz").vectors(["b", "a"]), vectors[::-1])


def test_files_are_read_up_to_a_size(tmp_path: Path) -> None:
    """Whole files, in the order of their paths."""
    for name in ("b/two.txt", "a/one.txt", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x" * 400_000, encoding="utf-8")
    assert [name for name, _ in read(tmp_path, 0.9)] == ["a/one.txt", "b/two.txt"]


def test_questions_are_words_of_the_texts() -> None:
    """Three to five words, the same ones each time."""
    found = questions_from(list(_TEXTS.values()), 20)
    assert found == questions_from(list(_TEXTS.values()), 20)
    assert all(3 <= len(each.split()) <= 5 for each in found)
    words = set(" ".join(_TEXTS.values()).replace(".", "").replace(",", "").split())
    assert all(word in words for each in found for word in each.split())


@pytest.mark.parametrize("is_platform", [False, True])
@pytest.mark.parametrize("way", ["hybrid", "vector", "bm25"])
async def test_ours_finds_what_it_indexed(is_platform: bool, way: str, tmp_path: Path) -> None:
    """The library and the platform, each way."""
    opening = open_platform if is_platform else open_subject
    subject: Subject = await opening(Words(), str(tmp_path), 10)
    try:
        assert await subject.index(list(_TEXTS.items())) >= len(_TEXTS)
        assert (await subject.find("scheduler processor slices", 3, way))[0] == "kernel.md"
    finally:
        await subject.close()


async def test_the_large_case_fills_adds_and_removes(tmp_path: Path) -> None:
    """What is put past a run is found, and gone when it is removed."""
    subject = await open_platform(Words(), str(tmp_path), 10)
    try:
        assert await subject.fill(list(_TEXTS.items()), 30) >= 30
        added = await subject.add("zebra", "zebra zebra\n\nstripes")
        assert "zebra" in await subject.find("zebra", 5, "hybrid")
        await subject.remove(added)
        assert "zebra" not in await subject.find("zebra", 5, "hybrid")
    finally:
        await subject.close()


def test_every_goal_is_about_what_is_measured() -> None:
    """Cases, libraries and peers exist."""
    for goal in GOALS:
        assert goal.ours in CASES[goal.case].libraries
        assert goal.peer is None or goal.peer in CASES[goal.case].libraries
    assert all(name in LIBRARIES for case in CASES.values() for name in case.libraries)


def test_goals_are_judged_by_the_median() -> None:
    """A bound of ours, and one on how many times better it is; the report has both."""
    results = Results()
    for ours, theirs in ((1.0, 50.0), (2.0, 90.0), (3.0, 70.0)):
        results.add("query", "liteagent", {"p50_ms": ours})
        results.add("query", "haystack", {"p50_ms": theirs})
    goals = (Goal("query", "p50_ms", 40, "haystack"), Goal("query", "p50_ms", 2, unit="ms"))
    assert [(each.reached, each.word) for each in judged(goals, results)] == [(35.0, "FAIL"), (2.0, "PASS")]
    assert "35" in as_text(results)
    assert as_json(results)["rounds"]["query"]["liteagent"][0] == {"p50_ms": 1.0}


def test_quick_is_less() -> None:
    """Sizes shrink; what is no size stays."""
    assert quick({"megabytes": 32.5, "chunks": 100_000, "folder": "x"}) == {
        "megabytes": 3,
        "chunks": 10_000,
        "folder": "x",
    }
