"""One request on the way, and the next one where the answer is a redirect."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from liteagent.contracts.fetch import FetchRefusedError, FetchRequest
from liteagent.infra.fetch.headers import Lines, method_of, request_lines, without_body, without_credentials
from liteagent.infra.fetch.target import Target, parse_target

__all__ = ["Hop", "first_hop", "next_hop"]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WITH_BODY: Final = frozenset({"PATCH", "POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Hop:
    """A request as it is sent to one target."""

    method: str
    target: Target
    lines: Lines = field(repr=False)
    body: bytes | None = field(repr=False)

    @property
    def wire_lines(self) -> Lines:
        """All header lines, with those that say where the message goes and ends."""
        length = len(self.body or b"")
        framing = (("content-length", str(length)),) if length or self.method in _WITH_BODY else ()
        return (("host", self.target.authority), *self.lines, *framing)


def first_hop(request: FetchRequest) -> Hop:
    """The request to the URL that was given.

    Raises:
        FetchRefusedError: Its URL, method or headers are not ones that are sent.
    """
    return Hop(method_of(request), parse_target(request.url), request_lines(request), request.body)


def next_hop(hop: Hop, status: int, headers: Mapping[str, str]) -> Hop | None:
    """The request that a response asks for; None where it is no redirect.

    Another origin is told no credentials, and a method that changes leaves the body behind.

    Raises:
        FetchRefusedError: It leads from https to http, or to a URL that is not fetched.
    """
    location = headers.get("location")
    if status not in _REDIRECTS or not location:
        return None
    target = _onward(hop.target, location)
    if (hop.target.scheme, target.scheme) == ("https", "http"):
        raise FetchRefusedError(
            f"{hop.target.shown} redirects to {target.shown}, which is not encrypted. Fetch that address "
            "directly if this is meant.",
            details={"url": target.shown},
        )
    onward = _changed(replace(hop, target=target), status)
    if target.origin == hop.target.origin:
        return onward
    return replace(onward, lines=without_credentials(onward.lines))


def _onward(target: Target, location: str) -> Target:
    try:
        return parse_target(location, target)
    except FetchRefusedError as error:
        raise FetchRefusedError(
            f"{target.shown} redirects to what is not fetched. {error.message}", details={"url": target.shown}
        ) from None


def _changed(hop: Hop, status: int) -> Hop:
    """As browsers do it: 303 is for a GET, and so are 301 and 302 after a POST."""
    to_get = (status == 303 and hop.method != "HEAD") or (status in (301, 302) and hop.method == "POST")
    return replace(hop, method="GET", lines=without_body(hop.lines), body=None) if to_get else hop
