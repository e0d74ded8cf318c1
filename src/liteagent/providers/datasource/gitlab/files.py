"""The files of a repository at one commit."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import anyio
from anyio import to_thread

from liteagent.contracts.datasource import Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, LiteAgentError
from liteagent.contracts.fetch import FetchTooLargeError
from liteagent.providers.datasource.gitlab.api import GitLabApi, GitLabMissingError, escaped
from liteagent.providers.datasource.gitlab.archive import blob_id, unpacked
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.gitlab.records import Commit, Project, TreeEntry
from liteagent.providers.datasource.globs import matches_any
from liteagent.providers.datasource.suffixes import is_document, is_skipped_folder

__all__ = ["RepositoryFiles"]

_LARGEST: Final = 50 * 1024 * 1024
_WORTH_AN_ARCHIVE: Final = 20
"""After so many single files of one commit, all of them are fetched at once."""

_REGULAR: Final = frozenset({"100644", "100755"})
"""Symbolic links (120000) and submodules (160000) are none."""


@dataclass(slots=True)
class _Unpacked:
    """What has been fetched of one commit."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    reads: int = 0
    was_tried: bool = False
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass(frozen=True, slots=True)
class _At:
    """A file at a commit; as text, it is the locator of a document."""

    project: str
    commit: str
    blob: str
    path: str


class RepositoryFiles:
    """Lists and reads files.

    The version of a file is the hash of its content, so one that was only moved has the version that it had
    under its old name.

    Args:
        config: Which files.
    """

    def __init__(self, config: GitLabConfig) -> None:
        self._config = config
        self._folder = config.path.strip("/")
        self._unpacked: dict[tuple[str, str], _Unpacked] = {}

    async def list(self, api: GitLabApi, project: Project) -> AsyncIterator[Listed]:
        """The files at the commit that the branch is at now, by path as GitLab orders them.

        Raises:
            InvalidInputError: There is no such branch or folder; else as `GitLabApi.get`.
        """
        ref = self._config.ref or project.default_branch
        if project.empty_repo or not ref:
            return
        of_project = f"projects/{project.id}/repository"
        commit = await api.get(Commit, f"{of_project}/commits/{escaped(ref)}")
        query = {"ref": commit.id, "recursive": True, "pagination": "keyset"}
        if self._folder:
            query["path"] = self._folder
        async for entry in api.items(TreeEntry, f"{of_project}/tree", query):
            if entry.type == "blob" and entry.mode in _REGULAR and self._is_wanted(entry.path):
                yield _listed(project, ref, commit.id, entry)

    async def read(self, api: GitLabApi, listed: Listed, locator: str) -> RawDocument:
        """One file as it was at the commit of the listing.

        Raises:
            DocumentUnreadableError: It is gone, or over 50 MiB; else as `GitLabApi.get`.
        """
        at = _At(*locator.split(":", 3))
        data = await self._from_archive(api, at)
        if data is None:
            data = await self._single(api, listed, at)
        return RawDocument(listed.name, data)

    def _is_wanted(self, path: str) -> bool:
        *folders, name = path.split("/")
        if matches_any(path, self._config.exclude_files):
            return False
        if self._config.files:
            return matches_any(path, self._config.files)
        return is_document(name) and not any(map(is_skipped_folder, folders))

    async def _from_archive(self, api: GitLabApi, at: _At) -> bytes | None:
        """The file where the archive has it as it is; Git may alter or leave out files in archives."""
        held = self._unpacked.setdefault((at.project, at.commit), _Unpacked())
        async with held.lock:
            held.reads += 1
            if held.reads > _WORTH_AN_ARCHIVE and not held.was_tried:
                held.was_tried = True
                for other in self._unpacked.values():
                    other.files = {}  # one repository at a time: they are large
                held.files = await self._archive(api, at)
            data = held.files.pop(at.path, None)
        return data if data is not None and blob_id(data, at.blob) == at.blob else None

    async def _archive(self, api: GitLabApi, at: _At) -> dict[str, bytes]:
        query = {"sha": at.commit} | ({"path": self._folder} if self._folder else {})
        path = f"projects/{at.project}/repository/archive.tar.gz"
        try:
            response = await api.response(path, query, max_bytes=_LARGEST)
        except LiteAgentError:
            return {}  # too large, or not to be had; single files still are
        return await to_thread.run_sync(unpacked, response.body, self._is_wanted)

    async def _single(self, api: GitLabApi, listed: Listed, at: _At) -> bytes:
        path = f"projects/{at.project}/repository/files/{escaped(at.path)}/raw"
        try:
            response = await api.response(path, {"ref": at.commit, "lfs": True}, max_bytes=_LARGEST)
        except GitLabMissingError as error:
            raise _unreadable(listed, "it is gone. Index the source again") from error
        except FetchTooLargeError as error:
            raise _unreadable(listed, f"it is longer than {_LARGEST:,} bytes. Split it") from error
        return response.body


def _listed(project: Project, ref: str, commit: str, entry: TreeEntry) -> Listed:
    # A folder named `-` at the top would be where issues and wiki pages have their names.
    path = f"./{entry.path}" if entry.path.startswith("-/") else entry.path
    return Listed(
        f"{project.path_with_namespace}/{path}",
        f"files:{project.id}:{commit}:{entry.id}:{entry.path}",
        version=entry.id,
        url=f"{project.web_url}/-/blob/{_in_url(ref)}/{_in_url(entry.path)}",
        metadata={
            "project": project.path_with_namespace,
            "kind": "file",
            "ref": ref,
            "commit": commit,
            "path": entry.path,
            "folder": str(PurePosixPath(entry.path).parent),
        },
    )


def _in_url(path: str) -> str:
    return "/".join(map(escaped, path.split("/")))


def _unreadable(listed: Listed, why: str) -> DocumentUnreadableError:
    return DocumentUnreadableError(f"{listed.name}: {why}.", details={"name": listed.name})
