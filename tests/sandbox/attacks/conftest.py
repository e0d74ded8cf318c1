"""One service for each way to start it, and the scene around it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.sandbox.attacks.scene import Scene, set_up
from tests.sandbox.attacks.service import Service, Way, every_way
from tests.sandbox.attacks.verdict import Arena

_ALIKE_EVERYWHERE = ("time/", "output/", "templates/")
"""Programs for which it matters little who started the service, and where."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These are run in the first way; in all others where there is time."""
    for item in items:
        called: Any = getattr(item, "callspec", None)
        params: dict[str, Any] = called.params if called is not None else {}
        if params.get("crowded", "").startswith(_ALIKE_EVERYWHERE) and params.get("arena") != Way():
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Canaries and listeners."""
    with set_up() as found:
        yield found


@pytest.fixture(scope="module", params=every_way())
def arena(request: pytest.FixtureRequest, scene: Scene) -> Iterator[Arena]:
    """A service that has just been started, once for all programs."""
    way: Way = request.param
    roomy = replace(way, environment=(("SANDBOX_WORKERS", "8"),))
    with Service.started(roomy, scene) as service:
        yield Arena(service, scene, way.level, way)
