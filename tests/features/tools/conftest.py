"""An installation that may reach this machine, whose operator has named one program."""

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from liteagent.app.settings import Settings, load_settings
from tests.features.sources.serving import serving
from tests.features.tools import servers
from tests.features.tools.servers import PetsApi, mcp_pets


@pytest.fixture
def settings(blank_installation: Path, tmp_path: Path) -> Settings:
    """Of an own installation."""
    data = tmp_path / "data"
    shutil.copytree(blank_installation, data)
    program = {"command": sys.executable, "args": [servers.__file__], "env": {"PETS_TOKEN": "secret-of-env"}}
    return load_settings(data, env_file=None, fetch_allow=("127.0.0.1",), mcp_servers={"pets": program})


@pytest.fixture
def pets() -> PetsApi:
    """An API."""
    return PetsApi()


@pytest.fixture
async def pets_url(pets: PetsApi) -> AsyncIterator[str]:
    """Where it is."""
    async with serving(pets.app) as url:
        yield url


@pytest.fixture
async def mcp_url() -> AsyncIterator[str]:
    """An MCP server."""
    async with serving(mcp_pets().streamable_http_app(), lifespan="on") as url:
        yield f"{url}/mcp"
