"""The pages of a project's wiki."""

import hashlib
from collections.abc import AsyncIterator
from typing import Final

from liteagent.contracts.datasource import Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.datasource.gitlab.api import GitLabApi, GitLabMissingError, escaped
from liteagent.providers.datasource.gitlab.records import Project, WikiPage

__all__ = ["Wiki"]

_SUFFIXES: Final = {"asciidoc": ".adoc", "markdown": ".md", "org": ".org", "rdoc": ".rdoc"}


class Wiki:
    """Lists and reads wiki pages."""

    async def list(self, api: GitLabApi, project: Project) -> AsyncIterator[Listed]:
        """All pages, as GitLab orders them; GitLab names no version, so that is made of the content.

        Raises:
            InvalidInputError: The token may not see them; else as `GitLabApi.get`.
        """
        if not project.wiki_enabled:
            return
        seen: set[str] = set()
        async for page in api.items(WikiPage, f"projects/{project.id}/wikis", {"with_content": 1}):
            if page.slug not in seen:
                seen.add(page.slug)
                yield _listed(project, page)

    async def read(self, api: GitLabApi, listed: Listed, locator: str) -> RawDocument:
        """One page as its author wrote it.

        Raises:
            DocumentUnreadableError: It is gone; else as `GitLabApi.get`.
        """
        project, slug = locator.split(":", 1)
        try:
            page = await api.get(WikiPage, f"projects/{project}/wikis/{escaped(slug)}")
        except GitLabMissingError as error:
            raise DocumentUnreadableError(
                f"{listed.name}: it is gone. Index the source again.", details={"name": listed.name}
            ) from error
        kind = "text/markdown" if page.format == "markdown" else "text/plain"
        return RawDocument(listed.name, _content(page), kind)


def _listed(project: Project, page: WikiPage) -> Listed:
    data = _content(page)
    return Listed(
        f"{project.path_with_namespace}/-/wikis/{page.slug}{_SUFFIXES.get(page.format, '.txt')}",
        f"wiki:{project.id}:{page.slug}",
        len(data),
        f"sha256:{hashlib.sha256(data).hexdigest()}",
        f"{project.web_url}/-/wikis/{'/'.join(map(escaped, page.slug.split('/')))}",
        {"project": project.path_with_namespace, "kind": "wiki page", "title": page.title},
    )


def _content(page: WikiPage) -> bytes:
    return page.content.encode("utf-8", "replace")
