"""What a run says, heard from its frames: one growing text, and how it ended.

The text of a turn is what its model says in all of its answers, with a blank line between two; of a flow it
is what its `answer` nodes say. It only ever grows, and is the same for everybody at every time, so a place in
it is a number of code points.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from liteagent.contracts.errors import LiteAgentError, RunFailedError
from liteagent.contracts.runs import RunStatus
from liteagent.infra.http.frames import Frame

__all__ = ["Ending", "Heard", "Piece", "heard"]

_ENDS: Mapping[str, RunStatus] = {
    "run.completed": RunStatus.COMPLETED,
    "run.failed": RunStatus.FAILED,
    "run.cancelled": RunStatus.CANCELLED,
    "run.waiting_human": RunStatus.WAITING_HUMAN,
    "run.paused": RunStatus.PAUSED,
}
_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the text; `end` is how many code points of it there are with this one."""

    text: str
    end: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run was left.

    Attributes:
        text: All that it said, with what it asks a person.
        calls: Calls of the client's tools, as `{id, name, arguments}`.
        citations: As they stand in the answer's message.
        usage: As the run's end tells it.
        request: What a person is being asked.
    """

    status: RunStatus
    seq: int
    text: str = ""
    finish_reason: str = "stop"
    calls: tuple[Mapping[str, Any], ...] = ()
    citations: tuple[Mapping[str, Any], ...] = ()
    outputs: Mapping[str, Any] | None = None
    usage: Mapping[str, Any] | None = None
    request: Mapping[str, Any] | None = None
    error: LiteAgentError | None = None


Heard: TypeAlias = Piece | Ending


async def heard(frames: AsyncIterator[Frame], tools: Sequence[str], after: int = 0) -> AsyncIterator[Heard]:
    """The pieces of a run's text as they come, then how it was left.

    Args:
        frames: All of the run's frames, or all since it was answered.
        tools: Names of the client's tools.
        after: Seq of the event after which the text begins.

    Raises:
        RunFailedError: `answer_restarted`: another worker began the answer anew, and it is another one.
    """
    text = _Text()
    async for frame in frames:
        data = cast("Mapping[str, Any]", frame.data)
        if frame.type == "message.delta":
            if (piece := text.delta(data)) is not None:
                yield piece
        elif frame.type == "message.restarted":
            text.restart(data)
        elif frame.type in _ENDS and int((frame.id or "0").partition(".")[0]) > after:
            ending = _ending_of(frame.type, data, text.said, tools)
            if (piece := text.rest(ending.text)) is not None:
                yield piece
            yield ending


def _ending_of(kind: str, payload: Mapping[str, Any], said: str, tools: Sequence[str]) -> Ending:
    """How a run was left, from the event that says so and everything said before it."""
    outputs: Mapping[str, Any] = payload.get("outputs") or {}
    found: object = outputs.get("message")
    message: Mapping[str, Any] = cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}
    calls = tuple(each for each in message.get("tool_calls") or () if each.get("name") in tools)
    asked: Sequence[Mapping[str, Any]] = payload.get("waiting_for") or ()
    return Ending(
        status=_ENDS[kind],
        seq=int(payload.get("seq", 0)),
        text=_whole(kind, said, message, outputs, asked),
        finish_reason="tool_calls" if calls else str(outputs.get("finish_reason") or "stop"),
        calls=calls,
        citations=tuple(message.get("citations") or ()),
        outputs=outputs,
        usage=payload.get("usage"),
        request=asked[0] if asked else None,
        error=LiteAgentError.from_json(payload["error"]) if kind == "run.failed" else None,
    )


def _whole(
    kind: str,
    said: str,
    message: Mapping[str, Any],
    outputs: Mapping[str, Any],
    asked: Sequence[Mapping[str, Any]],
) -> str:
    if kind == "run.waiting_human":
        questions = [_question(each) for each in asked]
        return _BETWEEN.join(each for each in (said, *questions) if each)
    if said or kind != "run.completed":
        return said
    content = message.get("content")
    return content if isinstance(content, str) else _output_text(outputs)


def _question(asked: Mapping[str, Any]) -> str:
    options = [str(each) for each in asked.get("options") or ()]
    text = str(asked.get("question", ""))
    return f"{text}\n\nAnswer with one of: {', '.join(options)}." if options else text


def _output_text(outputs: Mapping[str, Any]) -> str:
    """The outputs of a flow that says nothing of its own accord."""
    (value,) = outputs.values() if len(outputs) == 1 else (dict(outputs),)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _Text:
    """The text so far: answers that are done, and the one in progress."""

    def __init__(self) -> None:
        self._done: list[tuple[object, str]] = []
        self._shown = ""

    @property
    def said(self) -> str:
        return _BETWEEN.join(text for _, text in self._done if text)

    def delta(self, data: Mapping[str, Any]) -> Piece | None:
        if "node" in data and "request" in data:
            return None  # inside of a flow only its answers count
        speaker: object = data.get("request", data.get("node"))
        if self._done and self._done[-1][0] == speaker:
            self._done[-1] = (speaker, self._done[-1][1] + str(data["text"]))
        else:
            self._done.append((speaker, str(data["text"])))
        return self.rest(self.said)

    def restart(self, data: Mapping[str, Any]) -> None:
        begun: set[object] = set(data.get("requests") or (data.get("node"),))
        self._done = [(speaker, "" if speaker in begun else text) for speaker, text in self._done]

    def rest(self, whole: str) -> Piece | None:
        """What of the whole text was not handed out yet."""
        if len(whole) <= len(self._shown):
            return None
        if not whole.startswith(self._shown):
            raise RunFailedError(
                "The answer was begun anew by another worker and is another one now. Ask for it again.",
                code="answer_restarted",
            )
        piece = Piece(whole[len(self._shown) :], len(whole))
        self._shown = whole
        return piece
