"""A platform with embedding models that tests can look into."""

import pytest

from liteagent.app.wiring import Platform
from liteagent.contracts.embedding import Embedder, EmbedderConfig
from tests.features.knowledge.embedder import FakeEmbedder


@pytest.fixture
def embedders(platform: Platform) -> dict[str, FakeEmbedder]:
    """The models `small` and `large` of the kind `fake`, by name."""
    known = {name: FakeEmbedder(f"fake/{name}") for name in ("small", "large")}

    @platform.registries.embedders.register("fake")
    def create(config: EmbedderConfig) -> Embedder:
        return known[config.model]

    assert create is not None
    return known
