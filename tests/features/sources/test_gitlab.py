"""Projects and files of GitLab, against a served imitation of its API and through the real safe fetch."""

from dataclasses import replace

import pytest

from liteagent.contracts.errors import (
    DocumentUnreadableError,
    InvalidInputError,
)
from liteagent.infra.fetch.client import SafeFetch
from tests.features.sources.gitlab_server import FakeTalk, GitLabServer, blob
from tests.features.sources.gitlab_sources import GitLabSources, Serve, a_project, listing, names_of
from tests.features.sources.naps import Naps


async def test_files_are_listed_with_what_a_citation_needs(
    serve: Serve, fetch: SafeFetch, naps: Naps
) -> None:
    project = a_project()
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([project])))
    readme, guide, code = await listing(sources())
    assert [each.name for each in (readme, guide, code)] == [
        "acme/app/README.md",
        "acme/app/docs/guide.md",
        "acme/app/src/app.py",
    ]
    assert guide.version == blob(b"Guide\n")
    assert guide.url == "https://gitlab.example.com/acme/app/-/blob/main/docs/guide.md"
    assert guide.metadata == {
        "project": "acme/app",
        "kind": "file",
        "ref": "main",
        "commit": project.commit(),
        "path": "docs/guide.md",
        "folder": "docs",
    }
    assert (await sources().read(guide)).data == b"Guide\n"


@pytest.mark.parametrize("keyset", [True, False])
async def test_pages_over_250_entries(serve: Serve, fetch: SafeFetch, naps: Naps, keyset: bool) -> None:
    files = {f"docs/{n:03}.md": b"%d" % n for n in range(250)}
    issues = [FakeTalk(n) for n in range(1, 251)]
    server = GitLabServer([a_project(files=files, issues=issues)])
    server.keyset = keyset
    sources = GitLabSources(fetch, naps, await serve(server))
    names = await names_of(sources(include=["files", "issues"]))
    assert names == [
        *(f"acme/app/{path}" for path in files),
        *(f"acme/app/-/issues/{n}.md" for n in range(1, 251)),
    ]
    assert server.paths.count("projects/12/repository/tree") == 3
    assert server.paths.count("projects/12/issues") == 3


async def test_a_full_last_page_ends(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project(files={f"{n:03}.md": b"x" for n in range(200)})])
    sources = GitLabSources(fetch, naps, await serve(server))
    assert len(await listing(sources())) == 200


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_installation_below_a_path(serve: Serve, fetch: SafeFetch, naps: Naps, slash: str) -> None:
    server = GitLabServer([a_project()], sub_path="/gitlab")
    sources = GitLabSources(fetch, naps, await serve(server) + slash)
    listed = await listing(sources())
    assert listed[0].url == "https://gitlab.example.com/gitlab/acme/app/-/blob/main/README.md"
    assert (await sources().read(listed[0])).data == b"# App\n"
    assert all(heard.path.startswith("/gitlab/api/v4/") for heard in server.heard)


@pytest.mark.parametrize("sub_path", ["", "/gitlab"])
@pytest.mark.parametrize("name", ["/acme/app", "/acme/app.git", "/acme"])
async def test_the_address_of_a_project_or_group_itself(
    serve: Serve, fetch: SafeFetch, naps: Naps, sub_path: str, name: str
) -> None:
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([a_project()], sub_path=sub_path)) + name)
    listed = await listing(sources(projects=[]))
    assert [each.name for each in listed][:1] == ["acme/app/README.md"]
    assert (await sources(projects=[]).read(listed[0])).data == b"# App\n"


async def test_all_projects_of_the_token(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    projects = [a_project(id=n, path=f"acme/p{n}", files={"a.md": b"x"}) for n in range(1, 6)]
    sources = GitLabSources(fetch, naps, await serve(GitLabServer(projects, token="t")))
    names = await names_of(sources(projects=[], gitlab_token="t"))
    assert names == [f"acme/p{n}/a.md" for n in range(1, 6)]
    with pytest.raises(InvalidInputError, match="over 3 projects"):
        await listing(sources(projects=[], group="acme", gitlab_token="t", max_projects=3))


async def test_without_project_and_token(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([])))
    with pytest.raises(InvalidInputError, match="`projects`"):
        await listing(sources(projects=[]))


async def test_a_sync_moves_only_what_changed(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    project = a_project(files={f"{n}.md": b"text %d" % n for n in range(5)})
    server = GitLabServer([project])
    sources = GitLabSources(fetch, naps, await serve(server))
    before = {each.name: each for each in await listing(sources())}
    project.files["moved/0.md"] = project.files.pop("0.md")
    project.files["1.md"] = b"changed"
    del project.files["2.md"]
    project.files["new.md"] = b"new"
    after = {each.name: each for each in await listing(sources())}
    same = {name for name in after if name in before and after[name].version == before[name].version}
    assert same == {"acme/app/3.md", "acme/app/4.md"}
    assert before.keys() - after.keys() == {"acme/app/0.md", "acme/app/2.md"}
    assert after["acme/app/moved/0.md"].version == before["acme/app/0.md"].version
    versions = {each.version for each in before.values()}
    fresh = [name for name, each in after.items() if each.version not in versions]
    assert fresh == ["acme/app/1.md", "acme/app/new.md"]
    # What was listed before the change can still be read as it was.
    assert (await sources().read(before["acme/app/1.md"])).data == b"text 1"


async def test_a_thousand_files_come_in_one_archive(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    files = {f"docs/{n % 10}/{n}.md": b"document %d\n" % n * 20 for n in range(1_000)}
    server = GitLabServer([a_project(files=files)])
    source = GitLabSources(fetch, naps, await serve(server))()
    listed = await listing(source)
    read = {each.metadata["path"]: (await source.read(each)).data for each in listed}
    assert read == files
    assert server.paths.count("projects/12/repository/archive.tar.gz") == 1
    assert sum(path.endswith("/raw") for path in server.paths) == 20
    assert (await source.read(listed[-1])).data == files["docs/9/999.md"]


async def test_an_archive_is_not_trusted(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    files = {f"{n:02}.md": b"document %d" % n for n in range(23)}
    project = a_project(files=files)
    other = a_project(files={path: data + b" altered" for path, data in files.items()})
    project.archive = other.packed(other.commit())
    server = GitLabServer([project])
    sources = GitLabSources(fetch, naps, await serve(server))
    for archive in (project.archive, b"no archive"):
        project.archive = archive
        source = sources()
        for each in await listing(source):
            assert (await source.read(each)).data == files[str(each.metadata["path"])]


async def test_which_files(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    names = [
        "a.md",
        "docs/b.md",
        "docs/x/c.txt",
        "LICENSE",
        ".ci/d.yml",
        "node_modules/e.js",
        "f.png",
        "link.md",
    ]
    project = a_project(files={name: name.encode() for name in [*names, "sub", "-/g.md"]})
    project.modes = {"link.md": "120000", "sub": "160000"}
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([project])))

    async def paths(**config: object) -> list[str]:
        return [name.removeprefix("acme/app/") for name in await names_of(sources(**config))]

    assert await paths() == ["a.md", "docs/b.md", "docs/x/c.txt", "./-/g.md"]
    assert await paths(path="docs/") == ["docs/b.md", "docs/x/c.txt"]
    assert await paths(files=["LICENSE", "docs/*"]) == ["docs/b.md", "LICENSE"]
    assert await paths(exclude_files=["docs/**", "-/"]) == ["a.md"]
    assert await paths(ref=project.commit(), path="docs/x") == ["docs/x/c.txt"]
    for config in ({"ref": "no-branch"}, {"path": "no/folder"}):
        with pytest.raises(InvalidInputError, match="404"):
            await paths(**config)
    with pytest.raises(InvalidInputError, match="over 2 documents"):
        await paths(max_documents=2)


async def test_what_is_gone_is_said_of_the_document(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    project = a_project(issues=[FakeTalk(1)], wikis={"home": "x"})
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([project])))
    listed = await listing(sources(include=["files", "issues", "wiki"]))
    project.issues.clear()
    project.wikis.clear()
    project.commits.clear()
    for each in listed:
        with pytest.raises(DocumentUnreadableError, match="gone"):
            await sources().read(each)
    with pytest.raises(DocumentUnreadableError, match="not in this source"):
        await sources().read(replace(listed[0], locator="nonsense"))
