"""Any number of texts become calls within the limits, in order, at a pace that the vendor bears."""

from collections.abc import Awaitable, Callable, Sequence

import anyio
import numpy as np
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderUnavailableError,
)
from liteagent.engine.rag.embedding.batching import BatchingEmbedder
from liteagent.engine.rag.embedding.pacing import Pace
from liteagent.engine.rag.embedding.splitting import BLANK, end_of_batch, prepare, shortened
from liteagent.engine.resilience.retry import RetryPolicy
from liteagent.testing import ManualClock

Refuse = Callable[[Sequence[str]], ProviderError | None]


class FakeEmbedder:
    """A vector that tells its text: length and first character; refuses what it is told to."""

    model = "fake/2"

    def __init__(self, limits: EmbedderLimits | None = None, refuse: Refuse = lambda _: None) -> None:
        self.limits = limits or EmbedderLimits(texts=3, characters=100, text_characters=40)
        self.refuse = refuse
        self.calls: list[list[str]] = []
        self.open = 0
        self.most = 0
        self.tokens: int | None = 1

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        self.calls.append(list(texts))
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await checkpoint()
            if error := self.refuse(texts):
                raise error
        finally:
            self.open -= 1
        rows = [[len(text), ord(text[0])] for text in texts]
        tokens = None if self.tokens is None else self.tokens * len(texts)
        return Embedded(np.array(rows, np.float32).reshape(-1, 2), tokens)

    async def aclose(self) -> None:
        self.calls.clear()


class Timeline:
    """A clock, and a sleep that moves it."""

    def __init__(self) -> None:
        self.clock = ManualClock(1000.0)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await checkpoint()
        self.clock.advance(seconds)


def batching(fake: FakeEmbedder, time: Timeline | None = None, parallel: int = 4) -> BatchingEmbedder:
    time = time or Timeline()
    return BatchingEmbedder(fake, clock=time.clock, jitter=lambda: 0.5, sleep=time.sleep, parallel=parallel)


def times(number: int, make: Callable[[], ProviderError]) -> Refuse:
    """Refuse the first `number` calls."""
    left = [make() for _ in range(number)]
    return lambda _: left.pop() if left else None


def slow_down(retry_after: float | None = None) -> ProviderError:
    return ProviderRateLimitedError("slow down", retry_after=retry_after)


def too_much(status: int = 413) -> ProviderError:
    return ProviderRequestError("too much", details={"status": status})


texts_strategy = st.lists(
    st.text(st.sampled_from("ab \n\u0301\U0001f468\u200d\U0001f373e"), max_size=60), max_size=25
)
limits_strategy = st.builds(
    EmbedderLimits,
    texts=st.integers(1, 5),
    characters=st.integers(1, 120),
    text_characters=st.integers(1, 50),
)


@settings(deadline=None)
@given(texts_strategy, limits_strategy)
def test_every_text_is_prepared_and_fits(texts: list[str], limits: EmbedderLimits) -> None:
    prepared = prepare(texts, limits)
    most = min(limits.text_characters, limits.characters)
    assert len(set(prepared.texts)) == len(prepared.texts)
    assert len(prepared.places) == len(texts)
    assert prepared.cut == sum(len(t) > most and len(t.lstrip()) > most for t in texts)
    for text, place in zip(texts, prepared.places, strict=True):
        if not text.strip():
            assert place == BLANK
        else:
            kept = prepared.texts[place]
            assert 0 < len(kept) <= most
            assert kept.strip()
            assert text == kept or text.lstrip().startswith(kept)


@settings(deadline=None)
@given(texts_strategy, limits_strategy)
def test_batches_keep_within_the_limits_and_are_as_full_as_they_can(
    texts: list[str], limits: EmbedderLimits
) -> None:
    distinct = prepare(texts, limits).texts
    start = 0
    while start < len(distinct):
        end = end_of_batch(distinct, start, limits)
        size = sum(map(len, distinct[start:end]))
        assert start < end <= start + limits.texts
        assert size <= limits.characters
        full = end == len(distinct) or end - start == limits.texts
        assert full or size + len(distinct[end]) > limits.characters
        start = end


@settings(deadline=None, max_examples=25)
@given(texts_strategy, limits_strategy, st.integers(1, 4))
def test_any_texts_get_their_vectors_in_order(
    texts: list[str], limits: EmbedderLimits, parallel: int
) -> None:
    fake = FakeEmbedder(limits)
    found = anyio.run(batching(fake, parallel=parallel).embed, texts, "passage")
    most = min(limits.text_characters, limits.characters)
    for text, row in zip(texts, found.vectors.tolist(), strict=True):
        kept = shortened(text, most)
        assert row == ([len(kept), ord(kept[0])] if text.strip() else [0, 0])
    assert fake.most <= parallel


def test_a_text_is_cut_between_visible_characters() -> None:
    cook = "\U0001f468\u200d\U0001f373"
    assert shortened("ab" + cook, 4) == "ab"
    assert shortened("e\u0301" * 3, 3) == "e\u0301"
    assert shortened("  " + "a" * 9, 4) == "aaaa"
    assert shortened("\r\nabc", 40) == "\r\nabc"


async def test_what_is_counted() -> None:
    fake = FakeEmbedder()
    embedder = batching(fake)
    found = await embedder.embed(["a", "b", "a", "", " \n", "c" * 50, "d"], "passage")
    assert found.vectors.tolist() == [[1, 97], [1, 98], [1, 97], [0, 0], [0, 0], [40, 99], [1, 100]]
    assert found.tokens == 4
    counts = embedder.counts
    assert (counts.texts, counts.calls, counts.cut, counts.repeated, counts.blank) == (7, 2, 1, 1, 2)
    assert sorted(map(len, fake.calls)) == [1, 3]


async def test_tokens_are_unknown_when_one_call_does_not_tell() -> None:
    fake = FakeEmbedder()
    fake.tokens = None
    assert (await batching(fake).embed(["a"], "query")).tokens is None


async def test_only_blank_texts_get_zeros_of_the_right_width() -> None:
    fake = FakeEmbedder()
    embedder = batching(fake)
    for _ in range(2):
        assert (await embedder.embed(["", " "], "query")).vectors.tolist() == [[0, 0], [0, 0]]
    assert fake.calls == [["text"]]


async def test_nothing_asked_is_nothing_called() -> None:
    fake = FakeEmbedder()
    assert len((await batching(fake).embed([], "query")).vectors) == 0
    assert fake.calls == []


async def test_the_vendor_says_how_long_to_wait() -> None:
    time = Timeline()
    fake = FakeEmbedder(refuse=times(2, lambda: slow_down(7)))
    embedder = batching(fake, time)
    await embedder.embed(["a"], "query")
    assert time.slept == [7.25, 7.5]
    assert embedder.counts.retries == 2


async def test_without_a_word_the_wait_doubles() -> None:
    time = Timeline()
    fake = FakeEmbedder(refuse=times(4, lambda: ProviderUnavailableError("down")))
    await batching(fake, time).embed(["a"], "query")
    assert time.slept == [0.25, 0.5, 1.0, 2.0]


async def test_attempts_are_limited() -> None:
    time = Timeline()
    fake = FakeEmbedder(refuse=lambda _: ProviderUnavailableError("down"))
    with pytest.raises(ProviderUnavailableError, match="down"):
        await batching(fake, time).embed(["a"], "query")
    assert len(fake.calls) == 6


async def test_a_wait_that_is_too_long_goes_to_the_caller() -> None:
    time = Timeline()
    fake = FakeEmbedder(refuse=lambda _: slow_down(3600))
    with pytest.raises(ProviderRateLimitedError) as caught:
        await batching(fake, time).embed(["a"], "query")
    assert caught.value.retry_after == 3600
    assert time.slept == []


@pytest.mark.parametrize("error", [ProviderAuthError("key"), ProviderResponseError("garbage"), too_much(404)])
async def test_what_cannot_succeed_is_not_tried_again(error: ProviderError) -> None:
    fake = FakeEmbedder(refuse=lambda _: error)
    with pytest.raises(type(error)):
        await batching(fake, parallel=1).embed([str(n) for n in range(9)], "query")
    assert len(fake.calls) == 1


async def test_one_failure_ends_the_calls_beside_it() -> None:
    def refuse(texts: Sequence[str]) -> ProviderError | None:
        return ProviderAuthError("key") if "5" in texts else None

    fake = FakeEmbedder(refuse=refuse)
    with pytest.raises(ProviderAuthError):
        await batching(fake, parallel=2).embed([str(n) for n in range(300)], "query")
    assert fake.open == 0
    assert len(fake.calls) < 10


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_batch_that_is_refused_is_halved_and_the_next_is_smaller(status: int) -> None:
    fake = FakeEmbedder(EmbedderLimits(texts=8), lambda texts: too_much(status) if len(texts) > 3 else None)
    embedder = batching(fake, parallel=1)
    texts = [str(n) for n in range(16)]
    found = await embedder.embed(texts, "passage")
    assert found.vectors[:, 1].tolist() == [ord(text[0]) for text in texts]
    assert [len(call) for call in fake.calls] == [8, 4, 2, 2, 4, 2, 2, 2, 2, 2, 2]
    assert embedder.counts.halved == 3


async def test_a_lone_text_that_is_refused_is_shortened() -> None:
    fake = FakeEmbedder(EmbedderLimits(), lambda texts: too_much() if len(texts[0]) > 1000 else None)
    embedder = batching(fake)
    found = await embedder.embed(["x" * 3000], "passage")
    assert found.vectors[0, 0] == 750
    assert [len(call[0]) for call in fake.calls] == [3000, 1500, 750]
    assert embedder.counts.cut == 1


async def test_a_short_text_that_is_refused_is_an_error() -> None:
    fake = FakeEmbedder(EmbedderLimits(), lambda _: too_much(400))
    with pytest.raises(ProviderRequestError):
        await batching(fake).embed(["x" * 3000, "y"], "passage")
    assert len(fake.calls) == 4


async def test_a_wrong_number_of_vectors_is_noticed() -> None:
    class Forgetful(FakeEmbedder):
        async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
            return await super().embed(texts[:-1] or texts, kind)

    with pytest.raises(ProviderResponseError, match="gave 1 vectors"):
        await batching(Forgetful()).embed(["a", "b"], "query")


async def test_foreign_errors_come_through() -> None:
    class Faulty(FakeEmbedder):
        async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await batching(Faulty()).embed(["a"], "query")


async def test_it_can_be_cancelled() -> None:
    async def never(_: float) -> None:
        await anyio.sleep_forever()

    fake = FakeEmbedder(refuse=lambda _: slow_down(5))
    embedder = BatchingEmbedder(fake, clock=ManualClock(), jitter=lambda: 0, sleep=never)
    with anyio.move_on_after(0.02) as scope:
        await embedder.embed([str(n) for n in range(20)], "query")
    assert scope.cancelled_caught
    assert fake.open == 0


async def test_its_own_limits_are_those_of_one_text() -> None:
    embedder = batching(FakeEmbedder())
    assert embedder.limits.text_characters == 40
    assert embedder.limits.texts > 1_000_000
    assert embedder.model == "fake/2"


def pace(time: Timeline, parallel: int) -> Pace:
    return Pace(parallel, RetryPolicy(first_wait=0.0), time.clock, time.sleep, lambda: 0.0)


def failing(*errors: ProviderError | None) -> Callable[[], Awaitable[None]]:
    left = list(errors)

    async def work() -> None:
        await checkpoint()
        if left and (error := left.pop(0)):
            raise error

    return work


async def test_a_429_halves_the_calls_and_successes_bring_them_back() -> None:
    widths: list[int] = []
    paced = pace(Timeline(), 8)
    await paced.call(failing(slow_down(1), slow_down(1)))
    widths.append(paced.width)
    for _ in range(30):
        await paced.call(failing())
        widths.append(paced.width)
    assert widths[0] == 2, "8, 4, 2, and one success is too few"
    assert widths == sorted(widths)
    assert widths[-1] == 8


async def test_calls_that_are_refused_together_halve_once() -> None:
    paced = pace(Timeline(), 8)
    widths: list[int] = []

    def once_refused() -> Callable[[], Awaitable[None]]:
        work = failing(slow_down(1))

        async def seen() -> None:
            await work()
            widths.append(paced.width)

        return seen

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(paced.call, once_refused())
    assert len(widths) == 8
    assert min(widths) == 4


async def test_nobody_calls_before_the_vendor_wants_it() -> None:
    time, woken = Timeline(), anyio.Event()
    called: list[float] = []

    async def sleep(seconds: float) -> None:
        if not time.slept:
            time.slept.append(seconds)
            await woken.wait()
        else:
            await time.sleep(seconds)

    async def work() -> None:
        called.append(time.clock.now())

    paced = Pace(2, RetryPolicy(), time.clock, sleep, lambda: 0.0)
    async with anyio.create_task_group() as group:
        group.start_soon(paced.call, failing(slow_down(9)))
        await anyio.wait_all_tasks_blocked()
        await paced.call(work)
        woken.set()
    assert time.slept == [9.0, 9.0]
    assert called == [1009.0]


async def test_calls_that_end_in_another_order_leave_the_vectors_in_theirs() -> None:
    later_is_done = anyio.Event()

    class SlowAtFirst(FakeEmbedder):
        async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
            if "a" in texts:
                await later_is_done.wait()
            else:
                later_is_done.set()
            return await super().embed(texts, kind)

    found = await batching(SlowAtFirst(), parallel=2).embed(list("abcdef"), "query")
    assert found.vectors[:, 1].tolist() == [ord(letter) for letter in "abcdef"]


@given(st.integers(1, 200), st.floats(0, 0.999), st.none() | st.floats(0, 120))
def test_waits_are_within_bounds(attempt: int, random: float, asked: float | None) -> None:
    policy = RetryPolicy(attempts=500, first_wait=0.5, longest_wait=30)
    wait = policy.wait(slow_down(asked), attempt, lambda: random)
    assert wait is not None
    assert (asked or 0) <= wait <= (asked or 0) + 30
