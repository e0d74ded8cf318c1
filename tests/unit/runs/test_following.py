"""Following a run with several answers in progress at once."""

from collections.abc import AsyncIterator
from typing import Any

import anyio

from liteagent.contracts.runs import Event, NewRun
from liteagent.features.runs.following import Cursor, follow
from liteagent.infra.http.frames import Frame
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.testing import ManualClock

RUN = "r"


class Scene:
    """A run whose events and live texts the test makes up."""

    def __init__(self) -> None:
        self.journal, self.streams = MemoryJournal(ManualClock()), MemoryStreams()
        self.seq = 1

    async def begin(self) -> None:
        await self.journal.start(NewRun(RUN, "w", "u", "k", {}))
        await self.add("run.claimed", owner="w")

    async def add(self, type_: str, ref: int | None = None, **payload: Any) -> int:
        self.seq += 1
        await self.journal.append([Event(RUN, self.seq, type_, payload, 0.0, ref)])
        self.streams.notify(RUN)
        return self.seq

    async def model(self, node: str) -> int:
        return await self.add("model.requested", node=node, safety="safe")

    async def answered(self, request: int, text: str) -> None:
        await self.add("model.completed", request, message={"content": text})
        self.streams.drop(RUN, request)

    def say(self, request: int, text: str, attempt: int = 1) -> None:
        self.streams.publish(RUN, request, attempt, text)

    def read(self, cursor: str | None = None) -> AsyncIterator[Frame]:
        return follow(self.journal, self.streams, RUN, Cursor.parse(cursor))


async def until(frames: AsyncIterator[Frame], text: str) -> list[Frame]:
    """The frames up to the one with this piece of text."""
    heard: list[Frame] = []
    with anyio.fail_after(5):
        async for frame in frames:
            heard.append(frame)
            if frame.type == "message.delta" and text in data(frame)["text"]:
                return heard
    raise AssertionError(heard)


def data(frame: Frame) -> dict[str, Any]:
    assert isinstance(frame.data, dict)
    return frame.data


def texts(frames: list[Frame]) -> dict[str, str]:
    """What a client shows of each node."""
    shown: dict[str, str] = {}
    nodes: dict[int, str] = {}
    for frame in frames:
        if frame.type == "message.delta":
            node = nodes[data(frame)["request"]] = data(frame)["node"]
            shown[node] = shown.get(node, "") + data(frame)["text"]
        elif frame.type == "message.restarted":
            for request in data(frame)["requests"]:
                shown.pop(nodes.get(request, ""), None)
    return shown


async def test_two_answers_at_once_are_told_side_by_side() -> None:
    scene = Scene()
    await scene.begin()
    a, b = await scene.model("a"), await scene.model("b")
    reader = scene.read()
    scene.say(a, "One ")
    scene.say(b, "Uno ")
    heard = await until(reader, "Uno")
    for request, text in ((a, "two "), (b, "due "), (a, "three"), (b, "tre")):
        scene.say(request, text)
        heard += await until(reader, text)
    await scene.answered(a, "One two three")
    await scene.answered(b, "Uno due tre!")
    await scene.add("run.completed", outputs={})
    heard += [frame async for frame in reader]
    assert texts(heard) == {"a": "One two three", "b": "Uno due tre!"}
    places = [tuple(int(part) for part in str(frame.id).split(".")) for frame in heard]
    assert places == sorted(set(places))
    assert [frame.type for frame in heard][-3:] == ["message.delta", "model.completed", "run.completed"]


async def test_who_comes_back_while_one_answer_is_in_progress_hears_the_rest_of_it() -> None:
    scene = Scene()
    await scene.begin()
    a, b = await scene.model("a"), await scene.model("b")
    scene.say(a, "One")
    await scene.answered(a, "One")
    scene.say(b, "Uno ")
    heard = await until(scene.read(), "Uno")
    assert heard[-1].id == f"{scene.seq}.4"
    scene.say(b, "due")
    await scene.add("something.noted")
    rest = await until(scene.read(heard[-1].id), "due")
    assert [(frame.type, frame.id) for frame in rest] == [
        ("something.noted", f"{scene.seq}.4"),
        ("message.delta", f"{scene.seq}.7"),
    ]
    assert texts([*heard, *rest])["b"] == "Uno due"
    assert texts([*heard, rest[0], *await until(scene.read(rest[0].id), "due")])["b"] == "Uno due"


async def test_who_comes_back_while_several_are_in_progress_hears_them_from_the_beginning() -> None:
    scene = Scene()
    await scene.begin()
    a, b = await scene.model("a"), await scene.model("b")
    scene.say(a, "One ")
    scene.say(b, "Uno ")
    heard = await until(scene.read(), "Uno")
    scene.say(b, "due")
    rest = await until(scene.read(heard[-1].id), "Uno due")
    assert rest[0].type == "message.restarted"
    assert data(rest[0])["requests"] == [a, b]
    assert texts([*heard, *rest]) == {"a": "One ", "b": "Uno due"}


async def test_a_new_worker_begins_the_answers_anew() -> None:
    scene = Scene()
    await scene.begin()
    a, b = await scene.model("a"), await scene.model("b")
    reader = scene.read()
    scene.say(a, "One ")
    scene.say(b, "Uno ")
    heard = await until(reader, "Uno")
    await scene.add("run.claimed", owner="w2")
    scene.say(a, "late")
    scene.say(a, "Ein ", 2)
    heard += await until(reader, "Ein")
    (restarted,) = [frame for frame in heard if frame.type == "message.restarted"]
    assert data(restarted) == {"attempt": 2, "requests": [a, b]}
    assert texts(heard) == {"a": "Ein "}
