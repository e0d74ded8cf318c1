"""The one reading of a host's text, for URLs and for the allow-list alike."""

import re
from ipaddress import ip_address
from typing import Final

from liteagent.infra.fetch.addresses import IPAddress

__all__ = ["literal_address", "normal_name"]

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_LONGEST: Final = 253


def literal_address(text: str) -> IPAddress | None:
    """The address that `text` is, in its usual spelling and without a zone; None where it is none."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def normal_name(text: str) -> str | None:
    """The ASCII name in lower case without the root's dot; None where it is no name.

    What ends in a number is no name but, to most resolvers, an odd spelling of an IPv4 address (`127.1`,
    `0x7f000001`).
    """
    name = text.lower().removesuffix(".")
    if len(name) > _LONGEST or _NUMBER.fullmatch(name) or not _NAME.fullmatch(name):
        return None
    return name
