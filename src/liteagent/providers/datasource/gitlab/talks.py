"""Issues and merge requests, each with what was said about it as one document."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from liteagent.contracts.datasource import Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.datasource.gitlab.api import GitLabApi, GitLabMissingError, Query
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.gitlab.records import Discussion, Note, Project, Talk

__all__ = ["TalkKind", "Talks"]

TalkKind: TypeAlias = Literal["issues", "merge_requests"]

_OLDEST_FIRST: Final[Query] = {"scope": "all", "order_by": "created_at", "sort": "asc"}
_NOUNS: Final = {"issues": ("issue", "#"), "merge_requests": ("merge request", "!")}


class Talks:
    """Lists and reads issues or merge requests.

    Args:
        config: Which of them.
        kind: The one or the other.
    """

    def __init__(self, config: GitLabConfig, kind: TalkKind) -> None:
        self._config = config
        self._kind: TalkKind = kind

    async def list(self, api: GitLabApi, project: Project) -> AsyncIterator[Listed]:
        """All of them, the oldest first; whatever changes one, a note too, changes its version.

        Raises:
            InvalidInputError: The token may not see them; else as `GitLabApi.get`.
        """
        has_any = project.issues_enabled if self._kind == "issues" else project.merge_requests_enabled
        if not has_any:
            return
        query = {**_OLDEST_FIRST, "state": self._config.state}
        async for talk in api.items(Talk, f"projects/{project.id}/{self._kind}", query):
            if self._config.confidential or not talk.confidential:
                yield self._listed(project, talk)

    async def read(self, api: GitLabApi, listed: Listed, locator: str) -> RawDocument:
        """The description and the notes as Markdown.

        Raises:
            DocumentUnreadableError: It is gone, or confidential by now; else as `GitLabApi.get`.
        """
        project, iid = locator.split(":", 1)
        path = f"projects/{project}/{self._kind}/{iid}"
        try:
            talk = await api.get(Talk, path)
            said = [each async for each in api.items(Discussion, f"{path}/discussions")]
        except GitLabMissingError as error:
            raise _gone(listed) from error
        if talk.confidential and not self._config.confidential:
            raise _gone(listed)
        text = "\n\n".join(self._blocks(talk, said)) + "\n"
        return RawDocument(listed.name, text.encode("utf-8", "replace"), "text/markdown")

    def _listed(self, project: Project, talk: Talk) -> Listed:
        noun, _ = _NOUNS[self._kind]
        author = {"author": talk.author.username} if talk.author else {}
        labels = {"labels": ", ".join(talk.labels)} if talk.labels else {}
        return Listed(
            f"{project.path_with_namespace}/-/{self._kind}/{talk.iid}.md",
            f"{self._kind}:{project.id}:{talk.iid}",
            version=f"{talk.updated_at}+{talk.user_notes_count}",
            url=talk.web_url,
            metadata={
                "project": project.path_with_namespace,
                "kind": noun,
                "title": talk.title,
                "state": talk.state,
                "created_at": talk.created_at,
                "updated_at": talk.updated_at,
                **author,
                **labels,
            },
        )

    def _blocks(self, talk: Talk, said: Sequence[Discussion]) -> Iterator[str]:
        noun, mark = _NOUNS[self._kind]
        about = [f"{noun.capitalize()} {mark}{talk.iid}, {talk.state}", f"opened {talk.created_at[:10]}"]
        about += [f"by {talk.author.name} (@{talk.author.username})"] if talk.author else []
        about += [f"labels: {', '.join(talk.labels)}"] if talk.labels else []
        yield f"# {talk.title.strip()}"
        yield ", ".join(about) + "."
        if talk.description and talk.description.strip():
            yield _lines(talk.description)
        notes = [note for discussion in said for note in discussion.notes if self._is_wanted(note)]
        if notes:
            yield "## Discussion"
        for note in notes:
            yield f"### {note.author.name if note.author else 'Somebody'}, {note.created_at[:10]}"
            yield _lines(note.body)

    def _is_wanted(self, note: Note) -> bool:
        is_internal = note.internal or bool(note.confidential)
        return not note.system and bool(note.body.strip()) and (self._config.confidential or not is_internal)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _gone(listed: Listed) -> DocumentUnreadableError:
    return DocumentUnreadableError(
        f"{listed.name}: it is gone, or not to be seen any more. Index the source again.",
        details={"name": listed.name},
    )
