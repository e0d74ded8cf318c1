"""What every provider makes of the failures of its peer."""

import pytest

from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from tests.peers.aimock import Aimock

__all__ = ["FailureSuite", "asking"]


def asking(text: str) -> LLMRequest:
    """A question."""
    return LLMRequest((Message(Role.USER, text),))


async def _failure(llm: LLM, text: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await complete(llm, asking(text))
    return caught.value


class FailureSuite:
    """Tests over the fixtures `peer` and `llm`; the peer's fixtures have an answer for each question."""

    answered = "Say a sentence"
    """What the peer answers well."""
    told_of_no_model = "no such model"
    """What is said of a model that is not there."""
    cut_after_words = True
    """Whether the peer cuts its answer off after words of it; else before the first."""

    @pytest.mark.parametrize(
        ("asked", "kind", "said"),
        [
            ("limit me", ProviderRateLimitedError, "slow down"),
            ("break", ProviderUnavailableError, "the model fell over"),
            ("wrong key", ProviderAuthError, "bad key"),
        ],
    )
    async def test_refusals(self, llm: LLM, asked: str, kind: type[ProviderError], said: str) -> None:
        error = await _failure(llm, asked)
        assert type(error) is kind
        assert said in error.message

    async def test_a_model_that_is_not_there(self, llm: LLM) -> None:
        error = await _failure(llm, "unknown model")
        assert type(error) is ProviderRequestError
        assert self.told_of_no_model in error.message

    async def test_a_cut_stream_is_an_error_with_the_text_so_far(self, llm: LLM) -> None:
        error = await _failure(llm, "cut me off")
        assert type(error) is ProviderUnavailableError
        assert "broke off" in error.message
        assert bool(error.partial) == self.cut_after_words
        assert "This answer is cut off long before it has come to its end.".startswith(error.partial)

    @pytest.mark.parametrize("fault", ["disconnectRate", "malformedRate"])
    async def test_a_dropped_connection_and_a_garbled_answer(
        self, peer: Aimock, llm: LLM, fault: str
    ) -> None:
        with peer.chaos(**{fault: 1}):
            assert isinstance(await _failure(llm, self.answered), ProviderError)
        assert (await complete(llm, asking(self.answered))).message.content

    async def test_retry_after_is_passed_on(self, peer: Aimock, llm: LLM) -> None:
        with peer.chaos(rateLimitRate=1):
            error = await _failure(llm, self.answered)
        assert type(error) is ProviderRateLimitedError
        assert error.retry_after == 1.0
        assert (await complete(llm, asking(self.answered))).message.content
