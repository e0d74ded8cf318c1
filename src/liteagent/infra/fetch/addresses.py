"""The addresses that no URL of a user may reach: a list of our own.

The standard library's `is_global` and `is_private` follow the Python version, not the registries, and let
through addresses that lead inside (192.0.0.192, fec0::1, 64:ff9b::7f00:1).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, TypeAlias

__all__ = ["DENIED_NETWORKS", "IPAddress", "IPNetwork", "denial"]

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPNetwork: TypeAlias = IPv4Network | IPv6Network

_DENIED: Final = {
    "0.0.0.0/8": "this machine",
    "10.0.0.0/8": "private networks",
    "100.64.0.0/10": "shared networks",
    "127.0.0.0/8": "this machine",
    "168.63.129.16/32": "a cloud platform's own service",
    "169.254.0.0/16": "the local link, where cloud metadata is served",
    "172.16.0.0/12": "private networks",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "a special purpose",
    "192.52.193.0/24": "a special purpose",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private networks",
    "192.175.48.0/24": "a special purpose",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved use and broadcast",
    "::/96": "this machine or an embedded IPv4 address",
    "::ffff:0:0/96": "an embedded IPv4 address",
    "::ffff:0:0:0/96": "an embedded IPv4 address",
    "64:ff9b::/96": "an embedded IPv4 address",
    "64:ff9b:1::/48": "an embedded IPv4 address",
    "100::/64": "discarding",
    "100:0:0:1::/64": "a special purpose",
    "2001::/23": "protocol assignments",
    "2001:db8::/32": "documentation",
    "2002::/16": "an embedded IPv4 address",
    "2620:4f:8000::/48": "a special purpose",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "private networks",
    "fe80::/10": "the local link",
    "fec0::/10": "private networks",
    "ff00::/8": "multicast",
    # Only 2000::/3 is given out to the public; the rest of IPv6 belongs to nobody or to a special purpose.
    "::/3": "nobody yet",
    "4000::/2": "nobody yet",
    "8000::/1": "nobody yet",
}

DENIED_NETWORKS: Final[dict[IPNetwork, str]] = {ip_network(text): what for text, what in _DENIED.items()}
"""Special-purpose networks (the registries of IANA for IPv4 and IPv6, and what clouds serve inside), and what
each is for.
"""


def denial(address: IPAddress) -> str | None:
    """What the special-purpose network of `address` is for; None for an ordinary public address."""
    return next((what for network, what in DENIED_NETWORKS.items() if address in network), None)
