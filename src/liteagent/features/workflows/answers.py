"""A run's frames with its answers in the order of their templates.

What a model says inside of an answer goes out as `message.delta` of the `answer` node; whatever else is said
stays what it is. Ids are those of events: a reader who comes back with one gets the text in progress from its
beginning, after a `message.restarted`.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any, cast

from liteagent.engine.workflow.answering import AnswerStream, Said
from liteagent.infra.http.frames import Frame

__all__ = ["in_answer_order"]

_ENDS = ("run.completed", "run.failed", "run.cancelled")


async def in_answer_order(
    frames: AsyncGenerator[Frame], answers: AnswerStream, after: int
) -> AsyncGenerator[Frame]:
    """The frames of a run after event `after`.

    Args:
        frames: Every frame of the run, from its first event on; closed with what is given here.
        answers: Made for the run's flow, and used for nothing else.
        after: Seq of the newest event that the reader knows; 0 for one who knows none.
    """
    reading = _Reading(answers, after)
    async with aclosing(frames):
        async for frame in frames:
            for each in reading.frame(frame):
                yield each


class _Reading:
    def __init__(self, answers: AnswerStream, after: int) -> None:
        self._answers = answers
        self._speakers = answers.speakers
        self._after = after
        self._seq = 0
        self._live = after == 0
        self._heard_attempts: dict[int, int] = {}
        self._shown_attempts: dict[str, int] = {}
        self._requests: set[object] = set()

    def frame(self, frame: Frame) -> Iterator[Frame]:
        data = cast("dict[str, Any]", frame.data)
        is_event = not frame.type.startswith("message.")
        seq = int((frame.id or "0").partition(".")[0])
        if not self._live and (seq > self._after or not is_event):
            self._live = True
            yield from self._texts(self._answers.again())
        said = self._take_in(frame.type, data)
        before = frame.type == "node.completed" or frame.type in _ENDS
        if self._live and before:
            yield from self._texts(said)
        if is_event:
            self._seq = seq
        if self._live and (is_event or not self._is_part(frame.type, data)):
            yield from self._as_it_is(frame, data)
        if self._live and not before:
            yield from self._texts(said)

    def _as_it_is(self, frame: Frame, data: dict[str, Any]) -> Iterator[Frame]:
        if frame.type == "message.delta" and self._after and data["request"] not in self._requests:
            self._requests.add(data["request"])
            if data["request"] <= self._after:
                begun = {"attempt": data["attempt"], "requests": [data["request"]]}
                yield Frame(str(self._seq), "message.restarted", begun)
        yield Frame(str(self._seq), frame.type, frame.data)

    def _is_part(self, kind: str, data: dict[str, Any]) -> bool:
        return kind == "message.delta" and data.get("node") in self._speakers

    def _take_in(self, kind: str, data: dict[str, Any]) -> Sequence[Said]:
        node = data.get("node")
        if kind == "run.started":
            return self._answers.started()
        if kind in _ENDS:
            return self._answers.ended()
        if not isinstance(node, str):
            return ()
        match kind:
            case "message.delta":
                return self._heard(node, data)
            case "node.completed":
                return self._answers.completed(node, data.get("output"), data.get("label"))
            case "node.started" | "model.requested" | "human.requested":
                return self._answers.begun(node)
            case _:
                return ()

    def _heard(self, node: str, data: dict[str, Any]) -> Sequence[Said]:
        request, attempt = data["request"], data["attempt"]
        begun: list[Said] = []
        if attempt > self._heard_attempts.get(request, 1):
            self._heard_attempts[request] = attempt
            begun = self._answers.begun(node)
        return [*begun, *self._answers.heard(node, str(data["text"]))]

    def _texts(self, said: Sequence[Said]) -> Iterator[Frame]:
        for each in said:
            if each.attempt > self._shown_attempts.get(each.node, 1):
                self._shown_attempts[each.node] = each.attempt
                begun = {"node": each.node, "attempt": each.attempt}
                yield Frame(str(self._seq), "message.restarted", begun)
            data = {"text": each.text, "attempt": each.attempt, "node": each.node}
            yield Frame(str(self._seq), "message.delta", data)
