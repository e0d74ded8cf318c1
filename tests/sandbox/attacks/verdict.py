"""Whether a hostile program was held: by what it came to, and by what is left on the host."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.attacks.host import Holdings, at_rest, marked, settled
from tests.sandbox.attacks.programs import CONTAINED, Case
from tests.sandbox.attacks.scene import Scene
from tests.sandbox.attacks.service import HONEST, Answer, Service, Way

__all__ = ["Arena"]

_MEGABYTE = 1 << 20
_MOST_OUTPUT = 2 * _MEGABYTE
_GRACE = 2.0
_SLOW = 0.1
_TRIES = 3
_FINDS_LEFTOVERS = 3
_CLIENTS = 8
_WARM_UP = {"python3": "result = 1", "nodejs": "var result = 1", "jinja2": "1"}


@dataclass
class Arena:
    """A service, what is around it, and how both were before the first program."""

    service: Service
    scene: Scene
    level: str
    way: Way | None = None
    before: Holdings = field(init=False)
    told: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Warm up, so that what is there for good is there."""
        self.told = self.scene.told(self.service.pid)
        self.before = self._at_rest()

    def _at_rest(self) -> Holdings:
        warm_up = [{"language": language, "code": code} for language, code in _WARM_UP.items()] * _CLIENTS
        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(self.service.run, warm_up))
        return at_rest(self.service.pid)

    def suspects(self, cases: Sequence[Case]) -> set[str]:
        """Run many programs at a time; the names of those that have to be looked at alone.

        When something is left on the host it may be of any of them.
        """
        with ThreadPoolExecutor(_CLIENTS) as pool:
            found = list(pool.map(self._heard, cases))
        if [*self._left(), *self._next()]:
            self.scene.restore()
            return {case.name for case in cases}
        return {case.name for case, faults in zip(cases, found, strict=True) if faults}

    def faults(self, case: Case) -> list[str]:
        """Everything that is wrong with how a program was held; empty is well."""
        found = list[str]()
        for _ in range(_TRIES):
            found = [*self._answered(case), *self._left(), *self._next()]
            if not found or not all(fault.startswith("slow") for fault in found):
                break
        self.scene.restore()
        return found

    def breaches(self, case: Case) -> list[str]:
        """Only what a wall is there for: that nothing was reached, told, changed or left."""
        answer = self.service.run(case.request(self.told))
        found = list(self._told(answer))
        if answer.kind is None and not case.is_contained(answer.data.get("result")):
            found.append(f"got hold of {_short(answer)}")
        found += self.scene.changes()
        for process in marked(self.scene.mark):
            found.append(f"{process.name} {process.pid} lives on")
            os.kill(process.pid, signal.SIGKILL)
        self.scene.restore()
        return found

    def _heard(self, case: Case) -> list[str]:
        return list(self._answered(case))

    def _answered(self, case: Case) -> Iterator[str]:
        answer = self.service.run(case.request(self.told))
        yield from self._ended(case, answer)
        if case.then:
            for _ in range(_FINDS_LEFTOVERS):
                second = self.service.run(case.request(self.told, second=True))
                yield from (f"the run after: {fault}" for fault in self._after(case, answer, second))

    def _ended(self, case: Case, answer: Answer) -> Iterator[str]:
        yield from self._told(answer)
        ends = answer.kind or CONTAINED
        if ends not in case.ends:
            yield f"ended as {ends}, not as one of {sorted(case.ends)}: {_short(answer)}"
        elif ends == CONTAINED and not case.differs and not case.is_contained(answer.data.get("result")):
            yield f"got hold of {_short(answer)}"
        if answer.seconds > case.limits["wall"] + _GRACE:
            yield f"took {answer.seconds:.1f} s"
        level = answer.data.get("level", self.level)
        if level != self.level:
            yield f"says that its level is {level}"

    def _after(self, case: Case, first: Answer, second: Answer) -> Iterator[str]:
        yield from self._told(second)
        result: Any = second.data.get("result")
        if case.differs:
            if second.kind or any(one in first.data["result"] for one in result or ()):
                yield f"draws what the first one drew: {result}"
        elif second.kind not in (None, "runtime_error") or not (second.kind or case.is_contained(result)):
            yield f"found {_short(second)}"

    def _told(self, answer: Answer) -> Iterator[str]:
        for name, secret in self.scene.secrets.items():
            if secret in answer.text:
                yield f"the answer holds the secret of the {name}"
        if answer.status >= 500:
            yield f"the service answered {answer.status}: {answer.text[:200]}"
        for name in ("stdout", "stderr", "error"):
            if len(answer.data.get(name) or "") > _MOST_OUTPUT:
                yield f"{name} is not cut"

    def _left(self) -> Iterator[str]:
        if self.service.process.poll() is not None:
            yield f"the service has gone with {self.service.process.returncode}"
            return
        yield from settled(self.service.pid, self.before, self.scene.mark)
        yield from self.scene.changes()

    def _next(self) -> Iterator[str]:
        answer = self.service.run(HONEST)
        if answer.kind or answer.data.get("result") != {"sum": 42}:
            yield f"the next honest run failed: {_short(answer)}"
        elif answer.data.get("stdout") or answer.data.get("stderr"):
            yield f"the next honest run has output that is not its own: {_short(answer)}"
        if answer.seconds > _SLOW:
            yield f"slow: the next honest run took {answer.seconds * 1000:.0f} ms"


def _short(answer: Answer) -> str:
    said = {name: value for name, value in answer.data.items() if value not in (None, "", 0)}
    text = str(said or answer.text)
    return text if len(text) < 1500 else f"{text[:1000]} … {text[-500:]}"
