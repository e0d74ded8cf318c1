"""An imitation of GitLab's REST API, version 4, made from its public reference.

It has what the reference says of projects, groups, repository trees, raw files, archives, issues, merge
requests, discussions and wikis: the fields, keyset and offset pages, the headers of rate limits, and the
bodies of refusals.
"""

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from tests.features.sources.serving import Answer, Heard

__all__ = ["FakeProject", "FakeTalk", "GitLabServer", "blob"]

_DEFAULT_PER_PAGE, _MAX_PER_PAGE = 20, 100


def blob(data: bytes) -> str:
    """Git's id of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class FakeTalk:
    """An issue or a merge request."""

    iid: int
    title: str = "A title"
    description: str | None = "A description"
    state: str = "opened"
    labels: list[str] = field(default_factory=list[str])
    updated_at: str = "2026-01-02T03:04:05.678Z"
    confidential: bool = False
    notes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def say(self, body: str, **more: Any) -> None:
        author = {"id": 2, "username": "bo", "name": "Bo Berg", "state": "active"}
        note = {"id": len(self.notes), "body": body, "author": author, "system": False, "internal": False}
        self.notes.append({**note, "created_at": "2026-01-03T00:00:00.000Z", **more})


@dataclass
class FakeProject:
    """A project; `files` are those of the newest commit, `modes` where one is no ordinary file."""

    id: int
    path: str
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    modes: dict[str, str] = field(default_factory=dict[str, str])
    issues: list[FakeTalk] = field(default_factory=list[FakeTalk])
    merge_requests: list[FakeTalk] = field(default_factory=list[FakeTalk])
    wikis: dict[str, str] = field(default_factory=dict[str, str])
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict[str, dict[str, bytes]])
    flags: dict[str, Any] = field(default_factory=dict[str, Any])
    archive: bytes | None = None
    refs: tuple[str, ...] = ("main",)

    def commit(self) -> str:
        """The id of the state that the files are in now; every state stays readable."""
        state = json.dumps(sorted((path, blob(data)) for path, data in self.files.items()))
        name = hashlib.sha1(state.encode()).hexdigest()
        self.commits[name] = dict(self.files)
        return name

    def at(self, ref: str) -> str | None:
        return self.commit() if ref in (*self.refs, "HEAD") else ref if ref in self.commits else None

    def packed(self, commit: str) -> bytes:
        """As `git archive` makes it: everything below one folder."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for path, data in self.commits[commit].items():
                member = tarfile.TarInfo(f"app-{commit}-{commit}/{path}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        return gzip.compress(raw.getvalue(), mtime=0)


class GitLabServer:
    """Answers requests.

    Attributes:
        token: The one that it accepts; without any, everything is public.
        refusals: Answers that are given before any other, in order.
        keyset: Whether trees have keyset pages (since 17.1) or only numbered ones.
        heard: Every request.
    """

    def __init__(self, projects: Sequence[FakeProject], *, sub_path: str = "", token: str = "") -> None:
        self.projects = list(projects)
        self.sub_path = sub_path
        self.token = token
        self.keyset = True
        self.refusals: list[Answer] = []
        self.heard: list[Heard] = []
        self.external_url = "https://gitlab.example.com"

    def __call__(self, heard: Heard) -> Answer:
        self.heard.append(heard)
        if self.refusals:
            return self.refusals.pop(0)
        prefix = f"{self.sub_path}/api/v4/"
        if not heard.path.startswith(prefix):
            return Answer(200, b"<!doctype html><title>Sign in</title>", {"content-type": "text/html"})
        if not self._is_known(heard):
            return _json({"message": "401 Unauthorized"}, 401)
        parts = [unquote(part) for part in heard.path.removeprefix(prefix).split("/")]
        return self._route(parts, dict(parse_qsl(heard.query)), heard)

    @property
    def paths(self) -> list[str]:
        """What was asked for, behind the version, without parameters."""
        return [heard.path.partition("/api/v4/")[2] for heard in self.heard]

    def _is_known(self, heard: Heard) -> bool:
        given = heard.headers.get("private-token") or heard.headers.get("authorization", "")
        return not self.token or given in (self.token, f"Bearer {self.token}")

    def _route(self, parts: list[str], query: dict[str, str], heard: Heard) -> Answer:
        match parts:
            case ["projects"]:
                return self._page([self.shown(each) for each in self.projects], query, heard)
            case ["groups", name]:
                found = [each for each in self.projects if each.path.startswith(f"{name}/")]
                if not found and name != "7":
                    return _json({"message": "404 Group Not Found"}, 404)
                return _json({"id": 7, "full_path": name, "name": name})
            case ["groups", "7", "projects"]:
                return self._page([self.shown(each) for each in self.projects], query, heard)
            case ["projects", name, *rest]:
                project = next((each for each in self.projects if name in (str(each.id), each.path)), None)
                if project is None:
                    return _json({"message": "404 Project Not Found"}, 404)
                return self._of_project(project, rest, query, heard)
            case _:
                return _json({"error": "404 Not Found"}, 404)

    def _of_project(
        self, project: FakeProject, parts: list[str], query: dict[str, str], heard: Heard
    ) -> Answer:
        match parts:
            case []:
                return _json(self.shown(project))
            case ["repository", *rest]:
                return self._repository(project, rest, query, heard)
            case [("issues" | "merge_requests") as kind, *rest]:
                return self._talks(project, kind, rest, query, heard)
            case ["wikis"]:
                pages = [self._wiki(slug, text) for slug, text in project.wikis.items()]
                return _json(pages)
            case ["wikis", slug] if slug in project.wikis:
                return _json(self._wiki(slug, project.wikis[slug]))
            case _:
                return _json({"message": "404 Not found"}, 404)

    def _repository(
        self, project: FakeProject, parts: list[str], query: dict[str, str], heard: Heard
    ) -> Answer:
        match parts:
            case ["commits", ref]:
                commit = project.at(ref)
                if commit is None:
                    return _json({"message": "404 Commit Not Found"}, 404)
                return _json({"id": commit, "short_id": commit[:8], "title": "A commit"})
            case ["tree"]:
                return self._tree(project, query, heard)
            case ["files", path, "raw"]:
                data = project.commits.get(query["ref"], {}).get(path)
                if data is None:
                    return _json({"message": "404 File Not Found"}, 404)
                return Answer(200, data, {"content-type": "text/plain; charset=utf-8"})
            case ["archive.tar.gz"]:
                packed = project.packed(query["sha"]) if project.archive is None else project.archive
                return Answer(200, packed, {"content-type": "application/octet-stream"})
            case _:
                return _json({"error": "404 Not Found"}, 404)

    def _tree(self, project: FakeProject, query: dict[str, str], heard: Heard) -> Answer:
        files = project.commits.get(query["ref"])
        if files is None:
            return _json({"message": "404 Tree Not Found"}, 404)
        below = f"{query['path']}/" if query.get("path") else ""
        entries = [self._entry(project, path, data) for path, data in files.items() if path.startswith(below)]
        folders = sorted(
            {path.rpartition("/")[0] for path in files if "/" in path and path.startswith(below)}
        )
        if below and not entries:
            return _json({"message": "404 invalid revision or path Not Found"}, 404)
        trees = [
            {"id": blob(path.encode()), "name": path.rpartition("/")[2], "path": path} for path in folders
        ]
        listed = [{**each, "type": "tree", "mode": "040000"} for each in trees] + entries
        if query.get("pagination") == "keyset" and self.keyset:
            return self._keyset_page(listed, query, heard)
        return self._page(listed, query, heard)

    def _entry(self, project: FakeProject, path: str, data: bytes) -> dict[str, str]:
        mode = project.modes.get(path, "100644")
        kind = "commit" if mode == "160000" else "blob"
        return {
            "id": blob(data),
            "name": path.rpartition("/")[2],
            "type": kind,
            "path": path,
            "mode": mode,
        }

    def _talks(
        self, project: FakeProject, kind: str, parts: list[str], query: dict[str, str], heard: Heard
    ) -> Answer:
        talks = project.issues if kind == "issues" else project.merge_requests
        if not parts:
            wanted = [each for each in talks if query.get("state", "all") in ("all", each.state)]
            return self._page([self._talk(project, kind, each) for each in wanted], query, heard)
        talk = next((each for each in talks if str(each.iid) == parts[0]), None)
        if talk is None:
            return _json({"message": "404 Not found"}, 404)
        if parts[1:] == ["discussions"]:
            threads = [{"id": f"d{n}", "individual_note": True, "notes": [n]} for n in talk.notes]
            return self._page(threads, query, heard)
        return _json(self._talk(project, kind, talk))

    def _page(self, items: Sequence[Any], query: dict[str, str], heard: Heard) -> Answer:
        """Numbered pages; of more than 10,000 things the total is not told, and here it never is."""
        size, page = _per_page(query), int(query.get("page", "1"))
        more = page * size < len(items)
        headers = {"x-page": str(page), "x-per-page": str(size), "x-next-page": str(page + 1) if more else ""}
        if more:
            headers["link"] = self._link(heard, {**query, "page": str(page + 1), "per_page": str(size)})
        return _json(items[(page - 1) * size : page * size], headers=headers)

    def _keyset_page(self, items: Sequence[Any], query: dict[str, str], heard: Heard) -> Answer:
        size, after = _per_page(query), query.get("page_token")
        begin = next((n for n, each in enumerate(items, 1) if blob(each["path"].encode()) == after), 0)
        page = items[begin : begin + size]
        if len(page) < size:
            return _json(page)
        following = {**query, "page_token": blob(page[-1]["path"].encode())}
        return _json(page, headers={"link": self._link(heard, following)})

    def _link(self, heard: Heard, query: dict[str, str]) -> str:
        first = {name: value for name, value in query.items() if name not in ("page", "page_token")}
        url = f"{self.external_url}{heard.path}"
        return f'<{url}?{urlencode(query)}>; rel="next", <{url}?{urlencode(first)}>; rel="first"'

    def shown(self, project: FakeProject) -> dict[str, Any]:
        return {
            "id": project.id,
            "path_with_namespace": project.path,
            "web_url": f"{self.external_url}{self.sub_path}/{project.path}",
            "default_branch": "main",
            "empty_repo": False,
            "issues_enabled": True,
            "merge_requests_enabled": True,
            "wiki_enabled": True,
            "visibility": "private",
            **project.flags,
        }

    def _talk(self, project: FakeProject, kind: str, talk: FakeTalk) -> dict[str, Any]:
        return {
            "id": 1000 + talk.iid,
            "iid": talk.iid,
            "project_id": project.id,
            "title": talk.title,
            "description": talk.description,
            "state": talk.state,
            "labels": talk.labels,
            "created_at": "2026-01-01T00:00:00.000Z",
            "updated_at": talk.updated_at,
            "closed_at": None,
            "author": {"id": 1, "username": "ada", "name": "Ada Adler", "state": "active"},
            "user_notes_count": sum(not note["system"] for note in talk.notes),
            "web_url": f"{self.external_url}{self.sub_path}/{project.path}/-/{kind}/{talk.iid}",
            **({"confidential": talk.confidential} if kind == "issues" else {"draft": False}),
        }

    def _wiki(self, slug: str, text: str) -> dict[str, str]:
        title = re.sub(r"[-/]", " ", slug)
        return {"slug": slug, "title": title, "format": "markdown", "content": text, "encoding": "UTF-8"}


def _per_page(query: dict[str, str]) -> int:
    return min(int(query.get("per_page", _DEFAULT_PER_PAGE)), _MAX_PER_PAGE)


def _json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    limits = {"ratelimit-limit": "2000", "ratelimit-remaining": "1999", "ratelimit-reset": "4000000000"}
    return Answer(
        status, json.dumps(data).encode(), {"content-type": "application/json", **limits, **(headers or {})}
    )
