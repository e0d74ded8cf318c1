"""Sources of an imitated GitLab."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from liteagent.contracts.datasource import Listed
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.datasource.config import read_config
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.gitlab.source import GitLabSource
from tests.features.sources.gitlab_server import FakeProject, GitLabServer
from tests.features.sources.naps import Naps

__all__ = ["GitLabSources", "Serve", "a_project", "listing", "names_of"]

Serve: TypeAlias = Callable[[GitLabServer], Awaitable[str]]
"""The fixture `serve`: makes an imitation answer, and tells its address."""


def a_project(**more: object) -> FakeProject:
    """`acme/app` with three documents and a picture."""
    files = {
        "README.md": b"# App\n",
        "docs/guide.md": b"Guide\n",
        "src/app.py": b"print()\n",
        "logo.png": b"\x89",
    }
    return FakeProject(**{"id": 12, "path": "acme/app", "files": files, **more})  # pyright: ignore[reportArgumentType]


async def listing(source: GitLabSource) -> list[Listed]:
    """What a source lists."""
    return [each async for each in source.list()]


async def names_of(source: GitLabSource) -> list[str]:
    """The names of what a source lists."""
    return [each.name for each in await listing(source)]


class GitLabSources:
    """Makes sources of one server; each is as fresh as after a restart."""

    def __init__(self, fetch: SafeFetch, naps: Naps, url: str) -> None:
        self.fetch, self.naps, self.url = fetch, naps, url

    def __call__(self, **config: object) -> GitLabSource:
        given = {"gitlab_url": self.url, "projects": ["acme/app"], **config}
        made = read_config(GitLabConfig, given)  # pyright: ignore[reportArgumentType]
        return GitLabSource(made, self.fetch, sleep=self.naps)
