"""The one door through which URLs that users give are fetched."""

import math
import ssl
from collections.abc import Generator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Final, cast

import anyio
import httpcore2

from liteagent.contracts.fetch import (
    FetchError,
    FetchRefusedError,
    FetchRequest,
    FetchResponse,
    FetchTimeoutError,
    FetchTooLargeError,
)
from liteagent.infra.fetch.addresses import IPAddress
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.body import BodyTooLargeError, MalformedBodyError, read_body
from liteagent.infra.fetch.headers import joined
from liteagent.infra.fetch.hop import Hop, first_hop, next_hop
from liteagent.infra.fetch.pinning import PinnedPool
from liteagent.infra.fetch.policy import Policy
from liteagent.infra.fetch.resolver import Resolver, system_resolver
from liteagent.infra.fetch.target import Target

__all__ = ["SafeFetch"]

_NOTHING: Final = AllowList()
_REDIRECTS: Final = 5
_ADDRESSES_TRIED: Final = 4
_PATIENCE: Final = 3.0
"""Seconds that one of several addresses has to accept a connection before the next is tried."""


class SafeFetch:
    """A `Fetch` that reaches the public internet and, beyond it, only what `allow` names.

    A name is resolved once; if any of its addresses is not allowed, the request is refused and no connection
    is opened. Each redirect is checked like the first URL.

    Args:
        allow: Exceptions from the rules on addresses and ports.
        resolver: Finds addresses.
        connector: Opens connections to addresses.
        ssl_context: Trusts the certificates of servers; by default those that the system trusts.
    """

    def __init__(
        self,
        allow: AllowList = _NOTHING,
        resolver: Resolver = system_resolver,
        *,
        connector: httpcore2.AsyncNetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = Policy(allow, resolver)
        self._connector = connector
        self._ssl_context = ssl_context
        self._made: PinnedPool | None = None

    async def __call__(self, request: FetchRequest) -> FetchResponse:
        """See `Fetch`."""
        _check_limits(request)
        hop = first_hop(request)
        with anyio.move_on_after(request.timeout):
            return await self._follow(hop, request)
        raise FetchTimeoutError(
            f"{hop.target.shown} was not fetched within {request.timeout:g} seconds. Try again, or "
            "allow more time.",
            details={"url": hop.target.shown},
        )

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        if self._made:
            await self._made.aclose()

    @property
    def _pool(self) -> PinnedPool:
        """Made when it is needed: reading the system's certificates takes a while."""
        if self._made is None:
            context = self._ssl_context or httpcore2.default_ssl_context()
            connector = self._connector or cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
            self._made = PinnedPool(connector, context)
        return self._made

    async def _follow(self, hop: Hop, request: FetchRequest) -> FetchResponse:
        for _ in range(_REDIRECTS + 1):
            outcome = await self._exchange(hop, request)
            if isinstance(outcome, FetchResponse):
                return outcome
            hop = outcome
        raise FetchError(
            f"The URL redirects more than {_REDIRECTS} times, at last to {hop.target.shown}. "
            "Fetch the final address.",
            details={"url": hop.target.shown},
        )

    async def _exchange(self, hop: Hop, request: FetchRequest) -> FetchResponse | Hop:
        """The response, or the hop that it redirects to."""
        addresses = await self._policy.addresses(hop.target)
        with _translated(hop.target, request.max_bytes):
            response = await self._send(hop, addresses)
            try:
                headers = joined(response.headers)
                onward = next_hop(hop, response.status, headers) if request.follow_redirects else None
                return onward or await _read(hop.target, response, headers, request.max_bytes)
            finally:
                await response.aclose()

    async def _send(self, hop: Hop, addresses: Sequence[IPAddress]) -> httpcore2.Response:
        *others, last = addresses[:_ADDRESSES_TRIED]
        for address in others:
            try:
                return await self._pool.send(hop, address, _PATIENCE)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue  # nothing was sent: the next one may take it
        return await self._pool.send(hop, last, None)


async def _read(
    target: Target, response: httpcore2.Response, headers: Mapping[str, str], limit: int
) -> FetchResponse:
    async with aclosing(response.aiter_stream()) as stream:
        body = await read_body(stream, headers.get("content-encoding", ""), limit)
    return FetchResponse(response.status, headers, body, str(target.url))


def _check_limits(request: FetchRequest) -> None:
    if not (math.isfinite(request.timeout) and request.timeout > 0):
        raise FetchRefusedError("The timeout of a fetch is a number of seconds above 0.")
    if request.max_bytes < 0:
        raise FetchRefusedError("The number of bytes that a fetch may bring is not below 0.")


@contextmanager
def _translated(target: Target, limit: int) -> Generator[None]:
    """Foreign errors become ours. Their texts stay behind: they may quote a header."""
    try:
        yield
    except BodyTooLargeError:
        raise FetchTooLargeError(
            f"The response of {target.shown} is longer than {limit:,} bytes. Ask for less, or allow more.",
            details={"url": target.shown, "max_bytes": limit},
        ) from None
    except MalformedBodyError as error:
        raise _failed(target, f"{error}. Ask for it uncompressed: send Accept-Encoding: identity") from None
    except ssl.SSLError:
        raise _failed(target, "the encrypted connection broke. Try again later") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
        raise _failed(target, _reason(error)) from None


def _failed(target: Target, why: str) -> FetchError:
    return FetchError(f"{target.shown} was not fetched: {why}.", details={"url": target.shown})


def _reason(error: Exception) -> str:
    if isinstance(error, httpcore2.ConnectError | httpcore2.ConnectTimeout):
        below = error.args[0] if error.args else None
        if isinstance(below, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({below.verify_message}). Check the host's name"
        if isinstance(below, ssl.SSLError):
            return "it does not speak TLS there. Check the scheme and the port"
        return "nothing accepts connections there. Check that it runs and can be reached from this machine"
    if isinstance(error, httpcore2.ProtocolError):
        return "it broke off its answer, or the answer is not HTTP. Check the port, and try again later"
    return "the connection broke. Try again later"
