"""Triggers over a database of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from liteagent.app.resources import resource_folder
from liteagent.app.tables import metadata
from liteagent.infra.db.migrate import upgrade
from liteagent.infra.db.sqlite import SqliteDatabase
from tests.unit.triggers.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An installation with a workflow."""
    database = SqliteDatabase(tmp_path / "test.db")
    await upgrade(database, resource_folder("migrations"), metadata)
    world = World(database)
    await world.open()
    yield world
    await database.close()
