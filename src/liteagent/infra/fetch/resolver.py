"""Names to addresses."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import TypeAlias

import anyio

from liteagent.infra.fetch.addresses import IPAddress

__all__ = ["Resolver", "system_resolver"]

Resolver: TypeAlias = Callable[[str], Awaitable[Sequence[IPAddress]]]
"""Takes an ASCII name and returns all of its addresses, best first; raises OSError where there is none."""


async def system_resolver(name: str) -> Sequence[IPAddress]:
    """Ask the system, as any other program on this machine does.

    Raises:
        OSError: The name is not known, or no name server answers.
    """
    found = await anyio.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(address[0]) for *_, address in found))
