"""Embedders by name, and how wide their vectors are."""

from collections.abc import Sequence

import anyio
import numpy as np
import pytest
from anyio.lowlevel import checkpoint

from liteagent.contracts.embedding import (
    Embedded,
    Embedder,
    EmbedderConfig,
    EmbedderFactory,
    EmbedderLimits,
    TextKind,
)
from liteagent.contracts.errors import InvalidInputError, NotFoundError, ProviderUnavailableError
from liteagent.contracts.registry import Registry
from liteagent.engine.rag.embeddings import EmbedderProbe, create_embedder


class Wide:
    model = "wide/5"
    limits = EmbedderLimits()

    def __init__(self, config: EmbedderConfig | None = None) -> None:
        self.config = config
        self.calls = 0
        self.down = False

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        self.calls += 1
        await checkpoint()
        if self.down:
            raise ProviderUnavailableError("down")
        return Embedded(np.ones((len(texts), 5), np.float32))

    async def aclose(self) -> None:
        return None


def registry() -> Registry[EmbedderFactory]:
    parts: Registry[EmbedderFactory] = Registry("liteagent.tests.none")

    def make(config: EmbedderConfig) -> Embedder:
        return Wide(config)

    parts.register("wide")(make)
    return parts


@pytest.mark.parametrize("kind", ["none", "None", " NONE ", None])
def test_none_is_no_embedder(kind: str | None) -> None:
    assert create_embedder(kind) is None


def test_none_has_no_settings() -> None:
    with pytest.raises(InvalidInputError, match="'none' has no settings"):
        create_embedder("none", model="m")


def test_an_embedder_by_its_name_in_any_case() -> None:
    made = create_embedder(
        " Wide",
        model="m",
        api_key="k",
        base_url="http://x",
        dimensions=3,
        headers={"A": "b"},
        timeout=5,
        options={"path": "x"},
        registry=registry(),
    )
    assert isinstance(made, Wide)
    assert made.config == EmbedderConfig("m", "k", "http://x", 3, {"A": "b"}, 5, {"path": "x"})


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(NotFoundError, match="Known: wide"):
        create_embedder("narrow", registry=registry())


async def test_the_width_is_learnt_by_one_call() -> None:
    embedder = Wide()
    probe = EmbedderProbe(embedder)
    found: list[int] = []

    async def ask() -> None:
        found.append(await probe.dimensions())

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(ask)
    assert found == [5] * 5
    assert embedder.calls == 1


async def test_a_probe_that_failed_asks_again() -> None:
    embedder = Wide()
    probe = EmbedderProbe(embedder)
    embedder.down = True
    with pytest.raises(ProviderUnavailableError):
        await probe.dimensions()
    embedder.down = False
    assert await probe.dimensions() == 5
