"""A data source of GitLab projects: their files, issues, merge requests and wikis."""

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio

from liteagent.contracts.datasource import DataSource, Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, InvalidInputError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.providers.datasource.config import read_config
from liteagent.providers.datasource.gitlab.api import GitLabApi
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.gitlab.files import RepositoryFiles
from liteagent.providers.datasource.gitlab.projects import Projects
from liteagent.providers.datasource.gitlab.records import Project
from liteagent.providers.datasource.gitlab.talks import Talks
from liteagent.providers.datasource.gitlab.wiki import Wiki
from liteagent.providers.datasource.patience import PatientFetch, Sleep

__all__ = ["GitLabSource", "create"]

_LONGEST_WAIT = 90.0
"""GitLab counts requests by the minute."""


class GitLabSource:
    """Projects of one GitLab.

    Names are the project's path with the file's path behind it, or `/-/issues/7.md` and the like as in
    GitLab's own addresses. Files are read one by one at first; from the twenty-first of one commit on, all of
    them come in one archive, as long as the same object of this class is asked.

    Args:
        config: Which projects, and what of them.
        fetch: Everything is read through it.
        sleep: Waits where GitLab says so, 90 seconds at a time at most.
    """

    def __init__(self, config: GitLabConfig, fetch: Fetch, *, sleep: Sleep = anyio.sleep) -> None:
        self._config = config
        self._base = config.base
        self._projects = Projects(config, PatientFetch(fetch, longest_wait=_LONGEST_WAIT, sleep=sleep))
        self._parts: dict[str, RepositoryFiles | Talks | Wiki] = {
            "files": RepositoryFiles(config),
            "issues": Talks(config, "issues"),
            "merge_requests": Talks(config, "merge_requests"),
            "wiki": Wiki(),
        }

    async def list(self) -> AsyncIterator[Listed]:
        """The documents, project by project.

        Raises:
            InvalidInputError: GitLab does not know the project or the token, or there are too many documents.
            ProviderRateLimitedError: GitLab wants a longer wait.
            ProviderUnavailableError: GitLab fails at the moment.
            ProviderResponseError: What answers is no GitLab.
            FetchError: GitLab cannot be reached.
        """
        count = 0
        async for api, project in self._projects.found():
            async for listed in self._of_project(api, project):
                count += 1
                if count > self._config.max_documents:
                    raise InvalidInputError(
                        f"There are over {self._config.max_documents:,} documents. Name fewer projects, or a "
                        "folder in `path`, or raise `max_documents`."
                    )
                yield listed

    async def read(self, listed: Listed) -> RawDocument:
        """One document.

        Raises:
            DocumentUnreadableError: It is gone or too large. Otherwise the errors are those of `list`.
        """
        base, _, locator = listed.locator.partition(" ")
        kind, _, rest = locator.partition(":")
        part = self._parts.get(kind)
        if part is None or not f"{self._base}/".startswith(f"{base}/"):
            raise DocumentUnreadableError(f"{listed.name} is not in this source. List it again.")
        return await part.read(self._projects.api(base), listed, rest)

    async def _of_project(self, api: GitLabApi, project: Project) -> AsyncIterator[Listed]:
        for kind in dict.fromkeys(self._config.include):
            async for listed in self._parts[kind].list(api, project):
                # The address may be a part of what was configured only, and a token is sent to no other.
                yield replace(listed, locator=f"{api.base} {listed.locator}")


def create(config: JsonObject, fetch: Fetch) -> DataSource:
    """The source, as the entry point `liteagent.datasource` makes it from a `GitLabConfig`.

    Raises:
        InvalidInputError: The address cannot be read, or a field has a value that it cannot have.
    """
    return GitLabSource(read_config(GitLabConfig, config), fetch)
