"""What each provider makes of an answer that has begun and does not end."""

from collections.abc import AsyncIterator, Callable

import anyio
import httpx2
import pytest

from liteagent.contracts.errors import ProviderError, ProviderTimeoutError, ProviderUnavailableError
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from tests.unit.providers.wire.slow_server import slow_server

__all__ = ["ASK", "STREAM", "Breaking", "BreakingSuite", "failure"]

ASK = LLMRequest((Message(Role.USER, "Hi"),))
STREAM = {"content-type": "text/event-stream"}


class Breaking(httpx2.AsyncByteStream):
    """A body that ends in an exception, or never.

    Args:
        error: None for never.
        before: What comes before that.
    """

    def __init__(self, error: Exception | None, *before: bytes) -> None:
        self.error = error
        self.before = before
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self.before:
            yield each
        if self.error is None:
            await anyio.sleep_forever()
        else:
            raise self.error

    async def aclose(self) -> None:
        """Given up, or read to its end."""
        self.closed = True


async def failure(llm: LLM) -> ProviderError:
    """What asking comes to; the model is closed then."""
    with pytest.raises(ProviderError) as caught:
        await complete(llm, ASK)
    await llm.aclose()
    return caught.value


class BreakingSuite:
    """Tests of a provider's `create`; `hello` is the beginning of an answer, whose text is Hello."""

    create: Callable[..., LLM]
    hello: bytes

    def _reading(self, body: httpx2.AsyncByteStream, timeout: float = 30.0) -> LLM:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=STREAM, stream=body))
        return self.create(LLMConfig("m", base_url="http://model.test", timeout=timeout), transport)

    @pytest.mark.parametrize(
        "raised", [httpx2.ReadError("reset"), httpx2.RemoteProtocolError("cut"), OSError("gone")]
    )
    async def test_a_connection_lost_in_the_middle(self, raised: Exception) -> None:
        body = Breaking(raised, self.hello)
        error = await failure(self._reading(body))
        assert type(error) is ProviderUnavailableError
        assert error.partial == "Hello"
        assert body.closed

    async def test_a_hang_is_a_timeout_with_the_text_so_far(self) -> None:
        body = Breaking(None, self.hello)
        error = await failure(self._reading(body, timeout=0.05))
        assert type(error) is ProviderTimeoutError
        assert error.partial == "Hello"
        assert body.closed

    async def test_cancelling_closes_the_connection(self) -> None:
        async with slow_server(self.hello) as server:
            llm = self.create(LLMConfig("m", base_url=server.url))
            with anyio.CancelScope() as scope:
                async for _ in llm.stream(ASK):
                    scope.cancel()
            assert scope.cancelled_caught
            with anyio.fail_after(10):
                await server.gone.wait()
            await llm.aclose()

    async def test_a_stalled_server_is_left_with_what_had_come(self) -> None:
        async with slow_server(self.hello) as server:
            error = await failure(self.create(LLMConfig("m", base_url=server.url, timeout=0.3)))
            assert type(error) is ProviderTimeoutError
            assert error.partial == "Hello"
            with anyio.fail_after(10):
                await server.gone.wait()
