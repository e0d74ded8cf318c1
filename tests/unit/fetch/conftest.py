"""Fetches whose connections are closed with the test."""

from collections.abc import AsyncGenerator, Sequence
from ipaddress import ip_address
from typing import Any

import pytest

from liteagent.infra.fetch.addresses import IPAddress
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from tests.unit.fetch.local_server import Fetching


async def _loopback(name: str) -> Sequence[IPAddress]:
    return [ip_address("127.0.0.1")]


@pytest.fixture
async def fetching() -> AsyncGenerator[Fetching]:
    """Makes a `SafeFetch`; every name leads to 127.0.0.1, which is allowed, unless something else is said."""
    made: list[SafeFetch] = []

    def make(allow: str = "127.0.0.0/8", resolver: Any = _loopback, **options: Any) -> SafeFetch:
        made.append(SafeFetch(AllowList.parse(allow), resolver, **options))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()


@pytest.fixture
def fetch(fetching: Fetching) -> SafeFetch:
    return fetching()
