"""What we hold ourselves to, and whether it is so."""

from collections.abc import Iterator

from benchmarks.comparing.goals import Goal, Verdict, judged
from benchmarks.comparing.results import Results

__all__ = ["GOALS", "verdicts"]

_PEERS = ("llamaindex", "haystack", "langchain")
_OURS = "liteagent"
_PLATFORM = "liteagent, platform"


def _goals() -> Iterator[Goal]:
    for peer in _PEERS:
        bound = 4 if peer == "llamaindex" else 1.3
        yield Goal("index", "chunks_a_second", bound, peer, is_rate=True)
    for ours in (_OURS, _PLATFORM):
        for peer in _PEERS:
            yield Goal("query", "p50_ms", 40, peer, ours=ours)
        yield Goal("query", "p50_ms", 1, "langchain, FAISS", ours=ours)
    for peer in _PEERS:
        yield Goal("index", "pss_mb", 1, peer)
        yield Goal("start", "cpu_ms", 1, peer)
        yield Goal("start", "peak_mb", 1, peer)
    yield Goal("tree", "mb_a_second", 5, is_rate=True, unit="MB/s", ours=_PLATFORM)
    for figure, bound in (("p50_ms", 15), ("p99_ms", 30), ("add_ms", 50), ("delete_ms", 50)):
        yield Goal("large", figure, bound, unit="ms", ours=_PLATFORM)
    for queries in ("questions", "titles"):
        yield Goal("quality", f"{queries}_over_parts", 0, is_rate=True)
        for peer in _PEERS:
            yield Goal("quality", f"{queries}_hybrid", 1, peer, is_rate=True)
    yield Goal("million", "pss_mb", 24_000, unit="MB", ours=_PLATFORM)


GOALS = tuple(_goals())
"""In the order of the cases."""


def verdicts(results: Results) -> Iterator[Verdict]:
    """Each goal whose case was measured."""
    return judged(GOALS, results)
