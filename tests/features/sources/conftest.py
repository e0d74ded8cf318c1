"""The real safe fetch, which may reach 127.0.0.1 here, and a sleep that takes no time."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest

from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from tests.features.sources.gitlab_server import GitLabServer
from tests.features.sources.gitlab_sources import Serve
from tests.features.sources.naps import Naps
from tests.features.sources.serving import serving, webserver


@pytest.fixture
async def fetch() -> AsyncGenerator[SafeFetch]:
    # The certificates of the system take longer to read than a test; nothing here speaks TLS.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made = SafeFetch(AllowList.parse("127.0.0.0/8"), ssl_context=context)
    yield made
    await made.aclose()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def serve() -> AsyncGenerator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(server: GitLabServer) -> str:
            return await stack.enter_async_context(serving(webserver(server))) + server.sub_path

        yield start
