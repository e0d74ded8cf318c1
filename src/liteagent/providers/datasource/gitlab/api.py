"""GitLab's REST API, version 4: requests with the token, pages, and what its refusals mean."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson

from liteagent.contracts.errors import (
    InvalidInputError,
    LiteAgentError,
    ProviderRateLimitedError,
    ProviderResponseError,
    ProviderUnavailableError,
)
from liteagent.contracts.fetch import Fetch, FetchRequest, FetchResponse
from liteagent.contracts.json import load
from liteagent.providers.datasource.patience import told_wait

__all__ = ["GitLabApi", "GitLabMissingError", "Query", "escaped"]

T = TypeVar("T")

Query = Mapping[str, str | int | bool]

_PER_PAGE: Final = 100
_MAX_BYTES: Final = 50 * 1024 * 1024
_TIMEOUT: Final = 120.0
_NEXT: Final = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?', re.IGNORECASE)


class GitLabMissingError(InvalidInputError):
    """GitLab has no such thing, or does not show it with this token; it does not say which."""


class GitLabApi:
    """One GitLab.

    Args:
        base: Its address, with a sub-path where it has one, without a slash at the end.
        headers: The token.
        fetch: Sends requests; it waits and tries again where that helps.
    """

    def __init__(self, base: str, headers: Mapping[str, str], fetch: Fetch) -> None:
        self.base = base
        self._headers = headers
        self._fetch = fetch

    async def get(self, cls: type[T], path: str, query: Query | None = None) -> T:
        """One thing.

        Args:
            cls: The dataclass that it is read as; other fields are not read.
            path: Behind `/api/v4/`, escaped.
            query: The parameters.

        Raises:
            GitLabMissingError: It answers 404.
            InvalidInputError: It refuses the token, or the request.
            ProviderRateLimitedError: It wants a longer wait than is waited here.
            ProviderUnavailableError: It fails at the moment.
            ProviderResponseError: What answers is no GitLab.
            FetchError: It cannot be reached.
        """
        return self._read(cls, self._json(await self.response(path, query)))

    async def items(self, cls: type[T], path: str, query: Query | None = None) -> AsyncIterator[T]:
        """All things of a list, page by page; the arguments and errors are those of `get`."""
        asked: Query | None = {"per_page": _PER_PAGE, **(query or {})}
        seen: set[str] = set()
        while asked is not None:
            response = await self.response(path, asked)
            found = self._json(response)
            if not isinstance(found, list):
                raise self._odd()
            for each in cast("list[Any]", found):
                yield self._read(cls, each)
            asked = _next_page(asked, response.headers) if found else None
            step = repr(asked)
            if step in seen:
                raise self._odd()
            seen.add(step)

    async def response(
        self, path: str, query: Query | None = None, *, max_bytes: int = _MAX_BYTES
    ) -> FetchResponse:
        """What comes back with a status in the 200s; the arguments and errors are those of `get`."""
        said = urlencode({name: _plain(value) for name, value in (query or {}).items()})
        url = f"{self.base}/api/v4/{path}{'?' if said else ''}{said}"
        request = FetchRequest("GET", url, self._headers, timeout=_TIMEOUT, max_bytes=max_bytes)
        response = await self._fetch(request)
        if not 200 <= response.status < 300:
            raise self._refusal(path, response)
        return response

    def _json(self, response: FetchResponse) -> object:
        try:
            return orjson.loads(response.body)
        except orjson.JSONDecodeError:
            raise self._odd() from None

    def _read(self, cls: type[T], data: object) -> T:
        try:
            return load(cls, data)
        except ValueError:
            raise self._odd() from None

    def _odd(self) -> ProviderResponseError:
        return ProviderResponseError(
            f"What answers at {self.base} does not speak GitLab's API, version 4. Check `gitlab_url`.",
            details={"url": self.base},
        )

    def _refusal(self, path: str, response: FetchResponse) -> LiteAgentError:
        status, details = response.status, {"url": f"{self.base}/api/v4/{path}", "status": response.status}
        if status == 429:
            return ProviderRateLimitedError(
                f"GitLab at {self.base} says that too much was asked of it. Index the source again later.",
                retry_after=told_wait(response.headers),
                details=details,
            )
        if status >= 500:
            return ProviderUnavailableError(
                f"GitLab at {self.base} answers with the status {status}. Index the source again later.",
                details=details,
            )
        made = GitLabMissingError if status == 404 else InvalidInputError
        return made(self._reason(status, _said(response)), details=details)

    def _reason(self, status: int, said: str) -> str:
        where = f"GitLab at {self.base}"
        if status == 401:
            return f"{where} does not accept the token{said}. Make a new one, and give it as `gitlab_token`."
        if status == 403:
            return (
                f"{where} does not let the token do this{said}. It needs the scope `read_api` and, in the "
                "project, the role Reporter."
            )
        if status == 404:
            token = "the token may see it" if self._headers else "it is public, or give a `gitlab_token`"
            return f"{where} does not have what was asked for{said}. Check its name, and that {token}."
        return f"{where} answers with the status {status}{said}. Check the configuration of the source."


def escaped(text: str | int) -> str:
    """A name as one part of a path: `group%2Fproject`."""
    return quote(str(text), safe="")


def _plain(value: str | int | bool) -> str | int:
    return str(value).lower() if isinstance(value, bool) else value


def _next_page(asked: Query, headers: Mapping[str, str]) -> Query | None:
    """The parameters of the next page. Only these are taken from its link: the token goes nowhere else."""
    if link := _NEXT.search(headers.get("link", "")):
        return dict(parse_qsl(urlsplit(link[1]).query, keep_blank_values=True))
    following = headers.get("x-next-page", "").strip()
    return {**asked, "page": following} if following else None


def _said(response: FetchResponse) -> str:
    """GitLab's own words, in brackets; they have no secrets."""
    try:
        body = orjson.loads(response.body[:10_000])
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(body, dict):
        return ""
    known = cast("dict[str, object]", body)
    words = known.get("error_description") or known.get("message") or known.get("error")
    return f" ({words[:200].rstrip('.')})" if isinstance(words, str) else ""
