"""What GitLab may answer instead: limits, refusals, failures."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from liteagent.contracts.datasource import Listed
from liteagent.contracts.errors import (
    DocumentUnreadableError,
    InvalidInputError,
    ProviderRateLimitedError,
    ProviderResponseError,
    ProviderUnavailableError,
)
from liteagent.contracts.fetch import FetchError
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.datasource.config import read_config
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.gitlab.source import create
from tests.features.sources.gitlab_server import GitLabServer
from tests.features.sources.gitlab_sources import GitLabSources, Serve, a_project, listing
from tests.features.sources.naps import Naps
from tests.features.sources.serving import Answer


async def test_the_token_goes_to_the_configured_address_only(
    serve: Serve, fetch: SafeFetch, naps: Naps
) -> None:
    # Its links name `gitlab.example.com`, which nobody may be asked about here.
    server = GitLabServer([a_project(files={f"{n}.md": b"x" for n in range(150)})], token="secret-1")
    sources = GitLabSources(fetch, naps, await serve(server))
    assert len(await listing(sources(gitlab_token="secret-1"))) == 150
    assert {heard.headers.get("private-token") for heard in server.heard} == {"secret-1"}
    elsewhere = Listed("a", "http://127.0.0.1:9 files:12:a:b:README.md")
    with pytest.raises(DocumentUnreadableError, match="not in this source"):
        await sources(gitlab_token="secret-1").read(elsewhere)


async def test_an_oauth_token(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project()], token="secret-2")
    sources = GitLabSources(fetch, naps, await serve(server))
    assert len(await listing(sources(gitlab_token="secret-2", oauth=True))) == 3
    assert {heard.headers.get("authorization") for heard in server.heard} == {"Bearer secret-2"}


async def test_429_is_waited_out(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project()])
    server.refusals = [Answer(429, b"Retry later", {"retry-after": "30"})] * 2
    sources = GitLabSources(fetch, naps, await serve(server))
    assert len(await listing(sources())) == 3
    assert naps.seconds == [30.0, 30.0]


async def test_429_with_a_reset_instead(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project()])
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    dates = {"date": format_datetime(noon, usegmt=True), "ratelimit-reset": str(int(noon.timestamp()) + 40)}
    server.refusals = [Answer(429, b"Retry later", dates)]
    assert len(await listing(GitLabSources(fetch, naps, await serve(server))())) == 3
    assert naps.seconds == [40.0]


async def test_the_last_request_that_is_allowed(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project()])
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    dates = {"date": format_datetime(noon, usegmt=True), "ratelimit-reset": str(int(noon.timestamp()) + 40)}
    project = server.shown(server.projects[0])
    server.refusals = [Answer(200, json.dumps(project).encode(), {**dates, "ratelimit-remaining": "0"})]
    assert len(await listing(GitLabSources(fetch, naps, await serve(server))())) == 3
    assert naps.seconds == [pytest.approx(40.0, abs=2.0)] * len(naps.seconds) != []


async def test_429_for_longer_than_is_waited(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project()])
    server.refusals = [Answer(429, b"Retry later", {"retry-after": "600"})]
    source = GitLabSources(fetch, naps, await serve(server))()
    with pytest.raises(ProviderRateLimitedError) as caught:
        await listing(source)
    assert (caught.value.retry_after, naps.seconds) == (600.0, [])


async def test_failures_that_pass_and_such_that_stay(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    server = GitLabServer([a_project()])
    sources = GitLabSources(fetch, naps, await serve(server))
    server.refusals = [Answer(503)] * 2
    assert len(await listing(sources())) == 3
    server.refusals = [Answer(502)] * 4
    with pytest.raises(ProviderUnavailableError, match="502"):
        await listing(sources())
    with pytest.raises(FetchError, match="nothing accepts"):
        await listing(sources(gitlab_url="http://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(401, b'{"message":"401 Unauthorized"}'), r"does not accept the token \(401 Unauthorized\)"),
        (
            Answer(401, b'{"error":"invalid_token","error_description":"Token was revoked."}'),
            r"\(Token was revoked\)",
        ),
        (
            Answer(
                403, b'{"error":"insufficient_scope","error_description":"Needs more.","scope":"read_api"}'
            ),
            "scope `read_api`",
        ),
        (Answer(404, b'{"message":"404 Project Not Found"}'), r"404 Project Not Found.*gitlab_token"),
        (Answer(400, b'{"message":{"ref":["is bad"]}}'), "status 400"),
    ],
)
async def test_what_is_refused_says_what_to_do(
    serve: Serve, fetch: SafeFetch, naps: Naps, answer: Answer, said: str
) -> None:
    server = GitLabServer([a_project()])
    server.refusals = [answer]
    source = GitLabSources(fetch, naps, await serve(server))()
    with pytest.raises(InvalidInputError, match=said) as caught:
        await listing(source)
    assert caught.value.details["status"] == answer.status


async def test_a_wrong_token_is_no_secret_to_leak(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([a_project()], token="right")))
    with pytest.raises(InvalidInputError, match="Make a new one") as caught:
        await listing(sources(gitlab_token="glpat-wrong"))
    assert "glpat" not in repr(caught.value.to_json())
    assert "glpat" not in repr(read_config(GitLabConfig, {"gitlab_token": "glpat-wrong"}))


async def test_what_is_no_gitlab(serve: Serve, fetch: SafeFetch, naps: Naps) -> None:
    sources = GitLabSources(fetch, naps, await serve(GitLabServer([a_project()], sub_path="/gitlab")))
    with pytest.raises(ProviderResponseError, match="gitlab_url"):
        await listing(sources(gitlab_url=sources.url.removesuffix("/gitlab")))


@pytest.mark.parametrize(
    "config",
    [
        {"gitlab_url": "ftp://host"},
        {"gitlab_url": "https://me:secret@host/"},
        {"gitlab_url": "https://host/a/b/-/tree/main"},
        {"include": ["everything"]},
        {"max_projects": 0},
    ],
)
async def test_a_configuration_of_no_use(fetch: SafeFetch, config: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create(config, fetch)  # pyright: ignore[reportArgumentType]
    assert "secret" not in caught.value.message.replace("gitlab_token", "")
