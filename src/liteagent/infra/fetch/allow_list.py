"""`FETCH_ALLOW`: what the safe fetch may reach although its rules say no."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.fetch.addresses import IPAddress, IPNetwork
from liteagent.infra.fetch.hosts import literal_address, normal_name

__all__ = ["AllowList", "Entry"]

_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Entry:
    """One exception: a name or a network, on one port or on all (None)."""

    where: str | IPNetwork
    port: int | None = None

    def covers(self, host: str, address: IPAddress, port: int) -> bool:
        """Whether a connection to `address`, which `host` stands for, on `port` is meant."""
        named = self.where == host if isinstance(self.where, str) else address in self.where
        return named and self.port in (None, port)


@dataclass(frozen=True, slots=True)
class AllowList:
    """Exceptions from the rules on addresses and on ports; empty by default.

    An entry `HOST:PORT` lifts both rules for that port. An entry `HOST` or a CIDR lifts both for every port.
    A name covers whatever it resolves to; an address or a CIDR covers every name that resolves into it.
    """

    entries: tuple[Entry, ...] = ()

    @classmethod
    def parse(cls, entries: str | Iterable[str]) -> "AllowList":
        """Read a comma list, or its parts.

        Raises:
            ConfigurationError: An entry is not `host`, `host:port` or a CIDR; the message names it.

        Example:
            >>> allow = AllowList.parse("ollama.internal:11434, 10.1.0.0/16")
            >>> [entry.port for entry in allow.entries]
            [11434, None]
        """
        texts = entries.split(",") if isinstance(entries, str) else entries
        return cls(tuple(_entry(text.strip()) for text in texts if text.strip()))

    def permits(self, host: str, address: IPAddress, port: int) -> bool:
        """Whether an entry covers the connection.

        Args:
            host: The normal name, or the address in its canonical text.
            address: What the host resolved to.
            port: The port to connect to.
        """
        return any(entry.covers(host, address, port) for entry in self.entries)


def _entry(text: str) -> Entry:
    if "/" in text:
        return Entry(_network(text))
    if literal_address(text):
        return Entry(ip_network(text))
    if ":" not in text or text.endswith("]"):
        return Entry(_where(text, text))
    host, _, port = text.rpartition(":")
    return Entry(_where(host, text), _port(port, text))


def _network(text: str) -> IPNetwork:
    try:
        return ip_network(text)
    except ValueError as error:
        raise _unusable(text, str(error)) from None


def _where(host: str, text: str) -> str | IPNetwork:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if address := literal_address(bare):
        return ip_network(address)
    if name := normal_name(host):
        return name
    raise _unusable(text, "it names no host; wildcards are not known, and names are written in ASCII (xn--…)")


def _port(port: str, text: str) -> int:
    if port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= _HIGHEST_PORT:
        return int(port)
    raise _unusable(text, f"a port is a number from 1 to {_HIGHEST_PORT}")


def _unusable(text: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"FETCH_ALLOW has the entry {text!r}, which is of no use: {why}. Write each entry as `host`, "
        "`host:port` or a CIDR such as `10.1.0.0/16`, without http://, and put commas between them."
    )
