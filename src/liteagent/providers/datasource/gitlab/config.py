"""What a source of GitLab projects can be told."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from liteagent.contracts.errors import InvalidInputError
from liteagent.providers.datasource.config import option
from liteagent.providers.datasource.url.address import normal_url

__all__ = ["GitLabConfig", "Kind"]

Kind: TypeAlias = Literal["files", "issues", "merge_requests", "wiki"]


@dataclass(frozen=True, slots=True)
class GitLabConfig:
    """The configuration of a GitLab source."""

    gitlab_url: str = option(
        "https://gitlab.com",
        "The address of GitLab (`https://host/gitlab` too), or of a project or group as a browser shows it.",
    )
    gitlab_token: str = option(
        "",
        "An access token with the scope `read_api`; none is needed for what is public.",
        secret=True,
    )
    oauth: bool = option(False, "The token is an OAuth 2.0 token instead of a personal or project one.")
    projects: tuple[str, ...] = option((), "Projects, by path (`group/project`) or by number.")
    group: str = option("", "A group by path or number: all of its projects, subgroups included.")
    include: tuple[Kind, ...] = option(("files",), "What is read of each project.")
    ref: str = option("", "A branch, tag or commit; by default each project's default branch.")
    path: str = option("", "A folder: only files below it.")
    files: tuple[str, ...] = option(
        (),
        "Patterns of files (`*.md`, `docs/**`); by default everything that is named like a document and lies "
        "in no hidden or package folder.",
    )
    exclude_files: tuple[str, ...] = option((), "Patterns of files that are left out.")
    state: Literal["all", "opened", "closed"] = option("all", "Which issues and merge requests.")
    confidential: bool = option(False, "Take in confidential issues and internal notes as well.")
    max_projects: int = option(100, "How many projects there may be.", minimum=1, maximum=1_000)
    max_documents: int = option(50_000, "How many documents there may be.", minimum=1, maximum=200_000)

    @property
    def base(self) -> str:
        """The address without a slash at its end.

        Raises:
            InvalidInputError: It is none, or leads inside of a project.
        """
        found = normal_url(self.gitlab_url)
        if found is None or "?" in found:
            raise InvalidInputError(
                "`gitlab_url` is no address that can be read. Write it as https://host, without a user name; "
                "a token belongs into `gitlab_token`."
            )
        if "/-/" in found:
            raise InvalidInputError(
                "`gitlab_url` leads inside of a project. Cut it before `/-/`, and name a branch in `ref` and "
                "a folder in `path`."
            )
        return found.rstrip("/").removesuffix(".git")
