"""What stands in the log and what never does."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from liteagent.infra.observe.logging import configure_logging

KEY = "la_0123456789ab_" + "k" * 43
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_secrets_are_hidden_wherever_they_are(stream: io.StringIO) -> None:
    configure_logging("INFO", as_json=True, stream=stream)
    log = structlog.stdlib.get_logger("test")
    log.info(
        "called",
        api_key="plain-1",
        Authorization="plain-2",
        nested={"password": "plain-3", "deep": [{"refresh_token": "plain-4"}]},
        text=f"with {KEY} and Bearer plain-5, {JWT}",
        url="postgres://me:plain-6@host/db",
    )
    logging.getLogger("vendor").warning("refused %s", "sk-plain7plain7")
    try:
        raise ValueError(KEY)
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    assert "plain-" not in text
    assert "plain7" not in text
    assert KEY not in text
    assert JWT not in text
    assert text.count("[redacted]") >= 8


def test_what_only_sounds_secret_stays(stream: io.StringIO) -> None:
    configure_logging("INFO", as_json=True, stream=stream)
    structlog.stdlib.get_logger("test").info("used", max_tokens=7, tokens=3, key="agents", passwords=2)
    (line,) = lines(stream)
    assert (line["max_tokens"], line["tokens"], line["key"], line["passwords"]) == (7, 3, "agents", 2)


def test_a_line_carries_the_request_it_belongs_to(stream: io.StringIO) -> None:
    configure_logging("INFO", as_json=True, stream=stream)
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        logging.getLogger("vendor").warning("of the standard library")
    logging.getLogger("vendor").warning("outside")
    inside, outside = lines(stream)
    assert (inside["request_id"], inside["event"], inside["level"]) == (
        "r-1",
        "of the standard library",
        "warning",
    )
    assert "request_id" not in outside


def test_the_level_holds_for_both(stream: io.StringIO) -> None:
    configure_logging("warning", as_json=True, stream=stream)
    structlog.stdlib.get_logger("test").info("no")
    logging.getLogger("vendor").info("no")
    logging.getLogger("vendor").error("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_for_a_person_it_is_text(stream: io.StringIO) -> None:
    configure_logging("INFO", as_json=False, stream=stream)
    structlog.stdlib.get_logger("test").info("hello", token="plain")
    assert "hello" in stream.getvalue()
    assert "plain" not in stream.getvalue()
