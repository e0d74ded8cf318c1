"""A pool for each module of tests."""

from collections.abc import AsyncGenerator

import pytest

from liteagent_sandbox.pool import Pool
from liteagent_sandbox.settings import Settings


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def pool() -> AsyncGenerator[Pool]:
    async with Pool(Settings(output_bytes=100_000, result_bytes=100_000)) as opened:
        yield opened
