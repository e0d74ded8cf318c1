"""What GitLab tells about its things, as far as it is read here."""

from dataclasses import dataclass

__all__ = ["Commit", "Discussion", "Group", "Note", "Project", "Talk", "TreeEntry", "User", "WikiPage"]


@dataclass(frozen=True, slots=True)
class User:
    """Who wrote something."""

    name: str
    username: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of projects."""

    id: int
    full_path: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; each flag tells whether it has that part at all."""

    id: int
    path_with_namespace: str
    web_url: str
    default_branch: str | None = None
    empty_repo: bool = False
    issues_enabled: bool = True
    merge_requests_enabled: bool = True
    wiki_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Commit:
    """A state of a repository."""

    id: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file, folder, link or submodule; `id` is the hash of its content, `mode` as Git writes it."""

    id: str
    path: str
    type: str
    mode: str


@dataclass(frozen=True, slots=True)
class Talk:
    """An issue or a merge request: something that people talk about."""

    iid: int
    title: str
    state: str
    web_url: str
    created_at: str
    updated_at: str
    description: str | None = None
    labels: tuple[str, ...] = ()
    author: User | None = None
    user_notes_count: int = 0
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody said; a system note is what GitLab says."""

    body: str
    created_at: str
    author: User | None = None
    system: bool = False
    internal: bool = False
    confidential: bool | None = False


@dataclass(frozen=True, slots=True)
class Discussion:
    """Notes that answer each other."""

    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class WikiPage:
    """A page of a wiki."""

    slug: str
    title: str
    format: str = "markdown"
    content: str = ""
