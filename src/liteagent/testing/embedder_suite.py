"""What every embedder must do, as tests to inherit.

    class TestMyEmbedder(EmbedderSuite):
        @pytest.fixture
        def embedder(self) -> Embedder:
            return MyEmbedder(...)

pytest collects the subclass; the tests are coroutines, run by whatever plugin the project uses (anyio's
`anyio_mode = "auto"` does). An embedder behind a network inherits `RemoteEmbedderSuite`, whose `break_down`
makes its server misbehave.
"""

from enum import StrEnum
from typing import ClassVar

import anyio
import numpy as np
import pytest

from liteagent.contracts.embedding import Embedder, TextKind
from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)

__all__ = ["EmbedderFault", "EmbedderSuite", "RemoteEmbedderSuite"]

_TEXTS = ("Green tea is brewed at seventy degrees.", "The kernel schedules threads.", "Snow falls in winter.")


class EmbedderSuite:
    """The promises of `contracts.embedding.Embedder`; a subclass supplies the fixture `embedder`."""

    tolerance: ClassVar[float] = 1e-4
    """How far two vectors of the same text may lie apart in any number."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        raise NotImplementedError("a subclass of EmbedderSuite defines the fixture `embedder`")

    @pytest.mark.parametrize("kind", ["query", "passage"])
    async def test_a_row_of_length_one_for_each_text(self, embedder: Embedder, kind: TextKind) -> None:
        """Both kinds, as float32."""
        found = await embedder.embed(_TEXTS, kind)
        assert found.vectors.dtype == np.float32
        assert found.vectors.shape[0] == len(_TEXTS)
        assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
        assert found.tokens is None or found.tokens > 0

    async def test_the_rows_stand_in_the_order_of_the_texts(self, embedder: Embedder) -> None:
        """Whatever else is in the call, a text has its own vector."""
        forward = (await embedder.embed(_TEXTS, "passage")).vectors
        backward = (await embedder.embed(_TEXTS[::-1], "passage")).vectors
        assert np.allclose(forward, backward[::-1], atol=self.tolerance)
        assert not np.allclose(forward[0], forward[1], atol=0.01)

    async def test_the_same_text_has_the_same_vector(self, embedder: Embedder) -> None:
        """Alone, among others, twice in one call."""
        alone = (await embedder.embed(_TEXTS[:1], "passage")).vectors[0]
        again = (await embedder.embed([_TEXTS[1], _TEXTS[0], _TEXTS[0]], "passage")).vectors
        assert np.allclose(again[1:], alone, atol=self.tolerance)

    async def test_a_full_call_is_answered(self, embedder: Embedder) -> None:
        """As many texts as the limits allow, together as long as they allow."""
        limits = embedder.limits
        number = min(limits.texts, 300)
        length = max(1, min(limits.text_characters, limits.characters // number, 200))
        texts = [f"{place} {'tea ' * length}"[:length] for place in range(number)]
        found = await embedder.embed(texts, "passage")
        assert found.vectors.shape[0] == number

    async def test_no_texts_have_no_vectors(self, embedder: Embedder) -> None:
        """And cost nothing."""
        found = await embedder.embed([], "passage")
        assert found.vectors.shape[0] == 0
        assert not found.tokens

    @pytest.mark.parametrize(
        "text",
        [
            "茶は七十度で淹れる。",
            "شاي أخضر",
            "\U0001f375\U0001f468\u200d\U0001f373 tea",
            "a\x00b",
            "half \ud83d pair",
        ],
    )
    async def test_any_characters_may_come(self, embedder: Embedder, text: str) -> None:
        """The vector has length 1, or is zero where the model knows nothing of it."""
        found = await embedder.embed([text], "query")
        length = float(np.linalg.norm(found.vectors[0]))
        assert length == pytest.approx(1, abs=1e-5) or length == 0

    async def test_calls_at_once_do_not_mix(self, embedder: Embedder) -> None:
        """Side by side, each gets its own rows."""
        wanted = (await embedder.embed(_TEXTS, "passage")).vectors
        found: dict[int, float] = {}

        async def ask(place: int) -> None:
            row = (await embedder.embed([_TEXTS[place]], "passage")).vectors[0]
            found[place] = float(np.abs(row - wanted[place]).max())

        async with anyio.create_task_group() as group:
            for place in range(len(_TEXTS)):
                group.start_soon(ask, place)
        assert max(found.values()) <= self.tolerance

    async def test_a_cancelled_call_leaves_it_usable(self, embedder: Embedder) -> None:
        """The next one is answered."""
        with anyio.CancelScope() as scope:
            scope.cancel()
            await embedder.embed(_TEXTS, "passage")
        assert scope.cancelled_caught
        assert (await embedder.embed(_TEXTS, "passage")).vectors.shape[0] == len(_TEXTS)

    async def test_the_model_and_its_limits_are_told(self, embedder: Embedder) -> None:
        """A name without spaces around it, and room for at least one text."""
        assert embedder.model.strip() == embedder.model != ""
        assert embedder.limits.texts >= 1
        assert embedder.limits.text_characters >= 1
        assert embedder.limits.characters >= embedder.limits.text_characters

    async def test_it_can_be_closed(self, embedder: Embedder) -> None:
        """Used or not."""
        await embedder.embed(_TEXTS, "passage")
        await embedder.aclose()


class EmbedderFault(StrEnum):
    """How a server misbehaves."""

    UNAUTHORISED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_LARGE = "413"
    RATE_LIMITED = "429 with Retry-After: 7"
    BROKEN = "500"
    GARBAGE = "200 with what is no JSON"
    OTHER_SHAPE = "200 with other JSON"
    TOO_FEW = "one vector less than texts"
    RAGGED = "a vector that is shorter than the others"
    NOT_A_NUMBER = "null in place of a number"
    HANG = "no answer at all"
    CUT = "the connection ends in the middle of the answer"


_ERRORS: dict[EmbedderFault, type[ProviderError]] = {
    EmbedderFault.UNAUTHORISED: ProviderAuthError,
    EmbedderFault.FORBIDDEN: ProviderAuthError,
    EmbedderFault.NOT_FOUND: ProviderRequestError,
    EmbedderFault.TOO_LARGE: ProviderRequestError,
    EmbedderFault.RATE_LIMITED: ProviderRateLimitedError,
    EmbedderFault.BROKEN: ProviderUnavailableError,
    EmbedderFault.GARBAGE: ProviderResponseError,
    EmbedderFault.OTHER_SHAPE: ProviderResponseError,
    EmbedderFault.TOO_FEW: ProviderResponseError,
    EmbedderFault.RAGGED: ProviderResponseError,
    EmbedderFault.NOT_A_NUMBER: ProviderResponseError,
    EmbedderFault.HANG: ProviderTimeoutError,
    EmbedderFault.CUT: ProviderUnavailableError,
}


class RemoteEmbedderSuite(EmbedderSuite):
    """Conformance of an embedder behind a network, with a timeout of a second or less."""

    secret: ClassVar[str] = ""
    """The key that the embedder uses; its server puts it into every refusal."""

    async def break_down(self, fault: EmbedderFault | None) -> None:
        """Make the server misbehave from now on; None makes it well again."""
        raise NotImplementedError("a subclass of RemoteEmbedderSuite defines `break_down`")

    async def until_gone(self) -> None:
        """Return once the server has seen the client of a hanging call go away."""
        raise NotImplementedError("a subclass of RemoteEmbedderSuite defines `until_gone`")

    @pytest.mark.parametrize("fault", list(EmbedderFault))
    async def test_each_fault_has_its_error(self, embedder: Embedder, fault: EmbedderFault) -> None:
        """Of the right class, without secrets, and with it the embedder is not broken."""
        await self.break_down(fault)
        with pytest.raises(ProviderError) as caught:
            await embedder.embed(_TEXTS, "passage")
        assert type(caught.value) is _ERRORS[fault]
        assert caught.value.retry_after == (7 if fault is EmbedderFault.RATE_LIMITED else None)
        assert not self.secret or self.secret not in repr(caught.value) + caught.value.message
        await self.break_down(None)
        assert (await embedder.embed(_TEXTS, "passage")).vectors.shape[0] == len(_TEXTS)

    async def test_a_cancelled_call_closes_its_connection(self, embedder: Embedder) -> None:
        """The server sees the client go."""
        await self.break_down(EmbedderFault.HANG)
        with anyio.move_on_after(0.1) as scope:
            await embedder.embed(_TEXTS, "passage")
        assert scope.cancelled_caught
        with anyio.fail_after(10):
            await self.until_gone()
