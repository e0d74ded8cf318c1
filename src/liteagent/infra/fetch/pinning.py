"""Connections to addresses that were checked, under the name that was asked for."""

import ssl
from collections.abc import Iterable
from typing import Final

import anyio
import httpcore2

from liteagent.infra.fetch.addresses import IPAddress
from liteagent.infra.fetch.hop import Hop

__all__ = ["PinnedPool"]

_MARK: Final = "|"
"""Between name and address in the pool's key; neither can hold it."""

_CONNECTIONS: Final = 1000
_IDLE_CONNECTIONS: Final = 100
_IDLE_SECONDS: Final = 5.0


class PinnedPool:
    """Sends a hop over a connection to one address.

    A connection is reused only for the same scheme, name, address and port: its certificate was checked for
    that name, and its address was allowed for it. No proxy is used, whatever the environment says.

    Args:
        connector: Opens connections; it is handed addresses, never names.
        ssl_context: Trusts the certificates of servers.
    """

    def __init__(self, connector: httpcore2.AsyncNetworkBackend, ssl_context: ssl.SSLContext) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_PinnedConnector(connector),
        )

    async def send(self, hop: Hop, address: IPAddress, connect_timeout: float | None) -> httpcore2.Response:
        """Send the hop and return when the headers of its response are there; the caller closes the response.

        Args:
            hop: What to send.
            address: Where the connection goes.
            connect_timeout: Seconds for the connection alone.
        """
        target = hop.target
        url = httpcore2.URL(
            scheme=target.scheme, host=f"{target.host}{_MARK}{address}", port=target.port, target=target.path
        )
        request = httpcore2.Request(
            hop.method,
            url,
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in hop.wire_lines],
            content=hop.body or b"",
            extensions={"sni_hostname": target.host, "timeout": {"connect": connect_timeout}},
        )
        return await self._pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _PinnedConnector(httpcore2.AsyncNetworkBackend):
    """Takes the address out of the pool's key. There is no name left to be looked up a second time."""

    def __init__(self, connector: httpcore2.AsyncNetworkBackend) -> None:
        self._connector = connector

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        address = host.rpartition(_MARK)[2]
        stream = await self._connector.connect_tcp(address, port, timeout, local_address, socket_options)
        return _Stream(stream)


class _Stream(httpcore2.AsyncNetworkStream):
    """Closed when its TLS handshake is given up; the pool would forget it and leave it open."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self.read = inner.read
        self.write = inner.write
        self.aclose = inner.aclose
        self.get_extra_info = inner.get_extra_info

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._inner.aclose()
            raise
