"""The scene that the deterministic faults play on."""

from pathlib import Path

import anyio
import pytest

from tests.faults.harness.scene import Scene, make_scene


@pytest.fixture(scope="session")
def original_scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Made once; never played on."""
    return anyio.run(make_scene, tmp_path_factory.mktemp("scene"))


@pytest.fixture
def scene(original_scene: Scene, tmp_path: Path) -> Scene:
    """A copy of one's own."""
    return original_scene.at(tmp_path / "scene")
