"""Where a request may go: addresses are checked once, and these very addresses are connected to."""

from collections.abc import Sequence
from typing import Final

from liteagent.contracts.fetch import FetchError, FetchRefusedError
from liteagent.infra.fetch.addresses import IPAddress, denial
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.resolver import Resolver
from liteagent.infra.fetch.target import Target

__all__ = ["Policy"]

_PORTS: Final = frozenset({80, 443, 8080, 8443})


class Policy:
    """The deny list, the ports, and the exceptions from both."""

    def __init__(self, allow: AllowList, resolver: Resolver) -> None:
        self._allow = allow
        self._resolver = resolver

    async def addresses(self, target: Target) -> Sequence[IPAddress]:
        """All addresses of the target, each of them allowed.

        Raises:
            FetchRefusedError: At least one of them is not.
            FetchError: There is none.
        """
        found = (target.address,) if target.address else await self._resolve(target)
        for address in found:
            self._check(target, address)
        return found

    async def _resolve(self, target: Target) -> Sequence[IPAddress]:
        try:
            found = await self._resolver(target.host)
        except (OSError, ValueError):
            found = ()
        if not found:
            raise FetchError(
                f"The host {target.host} cannot be found. Check the spelling, and the name server of this "
                "machine.",
                details={"url": target.shown},
            )
        return found

    def _check(self, target: Target, address: IPAddress) -> None:
        if self._allow.permits(target.host, address, target.port):
            return
        if what := denial(address):
            raise _refused(target, f"{target.host} leads to an address that is kept for {what}")
        if target.port not in _PORTS:
            usual = ", ".join(map(str, sorted(_PORTS)))
            raise _refused(target, f"port {target.port} is none of the usual ones ({usual})")


def _refused(target: Target, why: str) -> FetchRefusedError:
    return FetchRefusedError(
        f"{target.shown} is not fetched: {why}. If this installation may reach it, its operator adds "
        f"{target.place} to the setting FETCH_ALLOW.",
        details={"url": target.shown, "allow": target.place},
    )
