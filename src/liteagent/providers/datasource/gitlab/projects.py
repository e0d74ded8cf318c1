"""Which projects a source means."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from liteagent.contracts.errors import InvalidInputError, ProviderResponseError
from liteagent.contracts.fetch import Fetch
from liteagent.providers.datasource.gitlab.api import GitLabApi, GitLabMissingError, Query, escaped
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.gitlab.records import Group, Project

__all__ = ["Projects", "token_headers"]

T = TypeVar("T")

_OF_GROUP: Query = {"include_subgroups": True, "with_shared": False, "archived": False}
_BY_NUMBER: Query = {"order_by": "id", "sort": "asc"}
_OWN: Query = {"membership": True, "archived": False, "pagination": "keyset"}


def token_headers(config: GitLabConfig) -> Mapping[str, str]:
    """The header that the token is sent in."""
    token = config.gitlab_token.strip()
    if not token:
        return {}
    return {"authorization": f"Bearer {token}"} if config.oauth else {"private-token": token}


class Projects:
    """Finds the API and the projects.

    `gitlab_url` may be a project's or a group's own address. Where its first parts may be a sub-path of the
    installation, each possibility is tried, the shortest first.

    Args:
        config: What was given.
        fetch: Sends requests.
    """

    def __init__(self, config: GitLabConfig, fetch: Fetch) -> None:
        self._config = config
        self._fetch = fetch

    @property
    def is_named(self) -> bool:
        """Whether the projects are given apart from the address."""
        return bool(self._config.projects or self._config.group)

    def api(self, base: str) -> GitLabApi:
        """The API at an address."""
        return GitLabApi(base, token_headers(self._config), self._fetch)

    async def found(self) -> AsyncIterator[tuple[GitLabApi, Project]]:
        """Each project once.

        Raises:
            InvalidInputError: There is none, or there are more than allowed; else as `GitLabApi.get`.
        """
        seen: set[int] = set()
        async for api, project in self._all():
            if project.id in seen:
                continue
            seen.add(project.id)
            if len(seen) > self._config.max_projects:
                raise InvalidInputError(
                    f"There are over {self._config.max_projects:,} projects. Name some of them in "
                    "`projects`, or raise `max_projects`."
                )
            yield api, project
        if not seen:
            raise InvalidInputError("There is no project that the token may see. Name one in `projects`.")

    async def _all(self) -> AsyncIterator[tuple[GitLabApi, Project]]:
        if not self.is_named:
            async for found in self._of_address():
                yield found
            return
        api = self.api(self._config.base)
        for name in self._config.projects:
            yield api, await api.get(Project, f"projects/{escaped(name.strip().strip('/'))}")
        if self._config.group:
            group = await api.get(Group, f"groups/{escaped(self._config.group.strip().strip('/'))}")
            async for project in self._of_group(api, group):
                yield api, project

    def _of_group(self, api: GitLabApi, group: Group) -> AsyncIterator[Project]:
        return api.items(Project, f"groups/{group.id}/projects", {**_OF_GROUP, **_BY_NUMBER})

    async def _of_address(self) -> AsyncIterator[tuple[GitLabApi, Project]]:
        for base, name in self._readings():
            api = self.api(base)
            project = await _if_there(api, Project, f"projects/{escaped(name)}") if "/" in name else None
            if project:
                yield api, project
                return
            if group := await _if_there(api, Group, f"groups/{escaped(name)}"):
                async for project in self._of_group(api, group):
                    yield api, project
                return
        async for found in self._own():
            yield found

    async def _own(self) -> AsyncIterator[tuple[GitLabApi, Project]]:
        """The projects of whoever the token belongs to."""
        if not self._config.gitlab_token:
            raise InvalidInputError(
                "Neither `gitlab_url`, `projects` nor `group` names a project that can be seen without a "
                "token. Name one in `projects`, or give a `gitlab_token`."
            )
        api = self.api(self._config.base)
        async for project in api.items(Project, "projects", {**_OWN, **_BY_NUMBER}):
            yield api, project

    def _readings(self) -> Iterator[tuple[str, str]]:
        """Where the installation's address may end and a name begin."""
        parts = urlsplit(self._config.base)
        names = [unquote(name) for name in parts.path.split("/") if name]
        for count in range(len(names)):
            yield "/".join((f"{parts.scheme}://{parts.netloc}", *names[:count])), "/".join(names[count:])


async def _if_there(api: GitLabApi, cls: type[T], path: str) -> T | None:
    try:
        return await api.get(cls, path)
    except (GitLabMissingError, ProviderResponseError):
        return None
