"""Issues, merge requests and wikis of GitLab."""

from liteagent.infra.fetch.client import SafeFetch
from tests.features.sources.gitlab_server import FakeTalk, GitLabServer
from tests.features.sources.gitlab_sources import GitLabSources, Serve, a_project, listing, names_of
from tests.features.sources.naps import Naps

_EVERYTHING = ("files", "issues", "merge_requests", "wiki")


async def test_a_project_without_a_repository_or_parts(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    off = {
        "issues_enabled": False,
        "merge_requests_enabled": False,
        "wiki_enabled": False,
        "empty_repo": True,
    }
    server = GitLabServer([a_project(flags={**off, "default_branch": None}, issues=[FakeTalk(1)])])
    source = GitLabSources(fetch, naps, await serve(server))(include=_EVERYTHING)
    assert await listing(source) == []
    assert server.paths == ["projects/acme%2Fapp"]


async def test_issues_and_merge_requests_with_what_was_said(
    serve: Serve, fetch: SafeFetch, naps: Naps
) -> None:
    issue = FakeTalk(7, "It breaks", "When it rains.\r\nAlways.", labels=["bug", "weather"])
    issue.say("Me too.")
    issue.say("changed the description", system=True)
    issue.say("The password is hunter2", internal=True)
    secret = FakeTalk(8, confidential=True)
    merge = FakeTalk(3, "Umbrella", None, "merged")
    server = GitLabServer([a_project(issues=[issue, secret], merge_requests=[merge])])
    sources = GitLabSources(fetch, naps, await serve(server))
    first, second = await listing(sources(include=["issues", "merge_requests"]))
    assert (first.name, second.name) == ("acme/app/-/issues/7.md", "acme/app/-/merge_requests/3.md")
    assert first.url == "https://gitlab.example.com/acme/app/-/issues/7"
    assert first.metadata["labels"] == "bug, weather"
    assert (first.metadata["author"], first.metadata["state"], first.metadata["kind"]) == (
        "ada",
        "opened",
        "issue",
    )
    raw, mark = await sources(include=["issues"]).read(first), "#"
    assert raw.media_type == "text/markdown"
    assert raw.data.decode() == (
        "# It breaks\n\n"
        f"Issue {mark}7, opened, opened 2026-01-01, by Ada Adler (@ada), labels: bug, weather.\n\n"
        "When it rains.\nAlways.\n\n"
        "## Discussion\n\n### Bo Berg, 2026-01-03\n\nMe too.\n"
    )
    assert "Merge request !3, merged" in (await sources().read(second)).data.decode()
    assert "hunter2" in (await sources(confidential=True).read(first)).data.decode()
    assert len(await listing(sources(include=["issues"], confidential=True))) == 2
    assert await names_of(sources(include=["merge_requests"], state="opened")) == []


async def test_a_note_or_an_edit_changes_the_version(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    issue = FakeTalk(1)
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([a_project(issues=[issue])])))
    versions = [(await listing(sources(include=["issues"])))[0].version]
    issue.say("More")
    versions.append((await listing(sources(include=["issues"])))[0].version)
    issue.updated_at = "2026-02-01T00:00:00.000Z"
    versions.append((await listing(sources(include=["issues"])))[0].version)
    assert len(set(versions)) == 3


async def test_a_wiki(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    project = a_project(wikis={"home": "Welcome", "ops/deploy": "Carefully"})
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([project])))
    home, deploy = await listing(sources(include=["wiki"]))
    assert (home.name, deploy.name) == ("acme/app/-/wikis/home.md", "acme/app/-/wikis/ops/deploy.md")
    assert deploy.url == "https://gitlab.example.com/acme/app/-/wikis/ops/deploy"
    assert (await sources().read(deploy)).data == b"Carefully"
    project.wikis["home"] = "Changed"
    assert (await listing(sources(include=["wiki"])))[0].version != home.version
