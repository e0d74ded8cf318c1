"""What was embedded once is not asked for again."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.contracts.errors import ProviderResponseError, ProviderUnavailableError
from liteagent.engine.rag.embedding.caching import CachedEmbedder, MemoryEmbeddingCache, cache_key


class Counting:
    """Embeds a text as its length, and keeps what it was asked."""

    limits = EmbedderLimits(texts=4)

    def __init__(self, model: str = "m", width: int = 2) -> None:
        self.model = model
        self.width = width
        self.asked: list[tuple[TextKind, list[str]]] = []
        self.fails_at: str | None = None
        self.closed = False

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        if self.fails_at in texts:
            raise ProviderUnavailableError("down")
        if texts:
            self.asked.append((kind, list(texts)))
        rows = [[float(len(text))] * self.width for text in texts]
        return Embedded(np.array(rows, np.float32).reshape(-1, self.width), len(texts))

    async def aclose(self) -> None:
        self.closed = True


async def test_a_text_is_asked_for_once() -> None:
    inner = Counting()
    embedder = CachedEmbedder(inner, MemoryEmbeddingCache())
    first = await embedder.embed(["a", "bb", "a"], "passage")
    again = await embedder.embed(["bb", "ccc", "a"], "passage")
    assert first.vectors[:, 0].tolist() == [1, 2, 1]
    assert again.vectors[:, 0].tolist() == [2, 3, 1]
    assert inner.asked == [("passage", ["a", "bb"]), ("passage", ["ccc"])]
    assert (first.tokens, again.tokens) == (2, 1)


async def test_model_and_kind_keep_their_own() -> None:
    cache = MemoryEmbeddingCache()
    one, other = Counting("one"), Counting("other", width=3)
    await CachedEmbedder(one, cache).embed(["a"], "passage")
    await CachedEmbedder(one, cache).embed(["a"], "query")
    await CachedEmbedder(other, cache).embed(["a"], "passage")
    assert len(one.asked) == 2
    assert len(other.asked) == 1
    assert cache_key("one", "query", "a") != cache_key("one", "passage", "a")
    assert cache_key("a", "query", "bc") != cache_key("ab", "query", "c")


async def test_what_came_before_a_failure_is_kept() -> None:
    inner = Counting()
    embedder = CachedEmbedder(inner, MemoryEmbeddingCache(), slice_texts=2)
    inner.fails_at = "e"
    with pytest.raises(ProviderUnavailableError):
        await embedder.embed(["a", "b", "c", "d", "e"], "passage")
    inner.fails_at = None
    await embedder.embed(["a", "b", "c", "d", "e"], "passage")
    assert [texts for _, texts in inner.asked] == [["a", "b"], ["c", "d"], ["e"]]


async def test_slices_keep_within_the_limits() -> None:
    inner = Counting()
    embedder = CachedEmbedder(inner, MemoryEmbeddingCache())
    await embedder.embed([str(n) for n in range(10)], "passage")
    assert [len(texts) for _, texts in inner.asked] == [4, 4, 2]
    assert embedder.limits is inner.limits


async def test_another_model_under_the_same_name_is_noticed() -> None:
    cache = MemoryEmbeddingCache()
    await CachedEmbedder(Counting(width=2), cache).embed(["a"], "passage")
    with pytest.raises(ProviderResponseError, match="another model under this name"):
        await CachedEmbedder(Counting(width=3), cache).embed(["a", "b"], "passage")


async def test_no_texts_and_closing() -> None:
    inner = Counting()
    embedder = CachedEmbedder(inner, MemoryEmbeddingCache())
    assert (await embedder.embed([], "query")).vectors.shape == (0, 2)
    await embedder.aclose()
    assert inner.closed


async def test_the_memory_is_bounded_and_the_oldest_goes_first() -> None:
    cache = MemoryEmbeddingCache(most_bytes=1000)
    vector = np.ones(2, np.float32)
    await cache.put_many({"a": vector, "b": vector, "c": vector})
    assert await cache.get_many(["a"])
    await cache.put_many({"d": vector})
    assert set(await cache.get_many(["a", "b", "c", "d"])) == {"a", "c", "d"}
    await cache.put_many({"large": np.ones(1000, np.float32)})
    assert len(cache) == cache.bytes_used == 0


async def test_what_is_kept_cannot_be_changed() -> None:
    cache = MemoryEmbeddingCache()
    batch = np.ones((1000, 2), np.float32)
    await cache.put_many({"a": batch[0]})
    batch[0] = 5
    kept = (await cache.get_many(["a"]))["a"]
    assert kept.tolist() == [1, 1]
    assert kept.base is None
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 5


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 60)), max_size=40))
async def test_the_bytes_add_up(puts: list[tuple[str, int]]) -> None:
    cache = MemoryEmbeddingCache(most_bytes=1500)
    for key, width in puts:
        await cache.put_many({key: np.ones(width, np.float32)})
        kept = await cache.get_many(list("abcdefgh"))
        assert len(kept) == len(cache)
        assert cache.bytes_used == sum(len(key) + v.nbytes + 300 for key, v in kept.items()) <= 1500
