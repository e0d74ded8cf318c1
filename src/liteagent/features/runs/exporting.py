"""A recorded run as a test: its journal without secrets, and a pytest file that folds it anew."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from liteagent.contracts.runs import Event
from liteagent.infra.observe.redaction import redact, redact_text

__all__ = ["journal_file", "scrubbed", "test_file"]

_TEST = '''"""Run {run_id}, recorded: it is folded anew, and every decision has to come out the same."""

from pathlib import Path

from liteagent.testing import replay_run


def test_run_{name}() -> None:
    replayed = replay_run(Path(__file__).with_name("{journal}"))
    assert replayed.ok, replayed.difference
'''


def journal_file(kind: str, events: Sequence[Event]) -> bytes:
    """The journal as JSON, one event a line, without secrets."""
    lines = [
        orjson.dumps(
            {
                "seq": event.seq,
                "type": event.type,
                "at": event.at,
                "ref": event.ref,
                "payload": scrubbed(event.payload),
            }
        )
        for event in events
    ]
    head = orjson.dumps({"liteagent_run": 1, "id": events[0].run_id, "kind": kind})[:-1]
    return head + b',"events":[\n' + b",\n".join(lines) + b"\n]}\n"


def test_file(run_id: str, journal: str) -> str:
    """The pytest file for the journal in the file `journal` beside it."""
    return _TEST.format(run_id=run_id, name=run_id.replace("-", "")[-12:], journal=journal)


test_file.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]  it makes tests and is none


def scrubbed(value: Any) -> Any:
    """`value` without what is named or looks like a secret, wherever it stands in it."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return {key: _named(key, each) for key, each in pairs}
    if isinstance(value, list | tuple):
        return [scrubbed(each) for each in cast("Sequence[Any]", value)]
    return value


def _named(key: str, value: Any) -> Any:
    """A text under a name like `password` is hidden; a form or schema under such a name is looked into."""
    if not isinstance(value, str):
        return scrubbed(value)
    return redact(None, "", {key: value})[key]
