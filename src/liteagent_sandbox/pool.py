"""Runs code: the face of the sandbox, in a service or as a part of a program."""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from liteagent_sandbox.conversation import Conversation
from liteagent_sandbox.forks import Child, StartError
from liteagent_sandbox.ground import Ground, prepared
from liteagent_sandbox.json_text import NotJsonError, nested_too_deep, written
from liteagent_sandbox.lint import warnings
from liteagent_sandbox.protocol import ErrorKind, Language, Level, RunRequest, RunResult
from liteagent_sandbox.settings import Settings
from liteagent_sandbox.verdict import Ending, verdict

__all__ = ["Pool"]

_MB = 1 << 20
_TRIES: dict[Language, str] = {"python3": "result = 1", "nodejs": "result = 1", "jinja2": "1"}


def _joined(job: dict[str, object], inputs: bytes) -> bytes:
    return b'{"inputs":' + inputs + b"," + written(job)[1:]


@dataclass(frozen=True, slots=True)
class _Granted:
    """The limits of a run: what was asked for, within what there is."""

    wall: float
    cpu: float
    memory: int

    @classmethod
    def of(cls, request: RunRequest, settings: Settings) -> "_Granted":
        asked = request.limits
        wall = min(asked.wall or settings.wall, settings.max_wall)
        return cls(
            wall,
            min(asked.cpu or max(settings.cpu, wall), settings.max_cpu),
            int(min(asked.mem or settings.mem, settings.max_mem)),
        )


@dataclass(slots=True)
class Pool:
    r"""Runs code behind the strongest walls that this host offers.

        async with Pool(Settings()) as pool:
            done = await pool.run(RunRequest("python3", "def main(a):\n    return a + 1", {"a": 1}))
            print(done.result)

    Entering raises `ground.TooWeakError` where the host offers too little.
    """

    settings: Settings = field(default_factory=Settings)
    waiting: int = 0
    running: int = 0
    _ground: Ground | None = None
    _places: asyncio.Semaphore | None = None

    async def __aenter__(self) -> Self:
        """Raise the walls and have children stand ready."""
        self._ground = await prepared(self.settings)
        self._places = asyncio.Semaphore(self.settings.at_a_time)
        problem = await self._tried()
        if problem:
            await self._ground.close()
            raise StartError(problem)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End everything."""
        if self._ground is not None:
            await self._ground.close()

    @property
    def ground(self) -> Ground:
        """What the runs stand on."""
        if self._ground is None:
            raise RuntimeError("use the pool in `async with`")
        return self._ground

    @property
    def level(self) -> Level:
        """How strong the walls are."""
        return self.ground.level

    async def run(self, request: RunRequest) -> RunResult:
        """Run it to its end or its limits. What goes wrong is in the result; nothing is raised for it."""
        problem = self._refusal(request)
        if problem is not None:
            return self._without_run(*problem)
        try:
            inputs = self._inputs(request)
        except ValueError as error:
            return self._without_run("bad_request", str(error))
        if self.waiting >= self.settings.queue and self.running >= self.settings.at_a_time:
            return self._without_run("busy", "too many runs are waiting; try again in a second")
        assert self._places is not None
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            return await self._run(request, inputs)
        except StartError as error:
            return self._without_run("unavailable", str(error))
        finally:
            self.running -= 1
            self._places.release()

    def _without_run(self, kind: ErrorKind, error: str) -> RunResult:
        return RunResult(error=error, exit_code=1, level=self.level, error_kind=kind)

    def _refusal(self, request: RunRequest) -> tuple[ErrorKind, str] | None:
        settings = self.settings
        missing = self.ground.missing.get(request.language)
        if missing is not None:
            return "unavailable", missing
        if len(request.code.encode(errors="replace")) > settings.code_bytes:
            return "bad_request", f"the code is larger than {settings.code_bytes} bytes"
        for name in ("wall", "cpu", "mem"):
            asked = getattr(request.limits, name)
            if asked is not None and not 0 < asked < float("inf"):
                return "bad_request", f"the limit {name} has to be more than 0"
        return None

    def _inputs(self, request: RunRequest) -> bytes:
        """The inputs as they are handed over.

        Raises:
            ValueError: They cannot be.
        """
        try:
            text = written(request.inputs)
            request.code.encode()
        except (NotJsonError, UnicodeError) as error:
            raise ValueError(f"the inputs or the code cannot be handed over: {error}") from None
        if len(text) > self.settings.inputs_bytes:
            raise ValueError(f"the inputs are larger than {self.settings.inputs_bytes} bytes")
        if nested_too_deep(text, self.settings.depth):
            raise ValueError(f"the inputs are nested deeper than {self.settings.depth} levels")
        return text

    async def _run(self, request: RunRequest, inputs: bytes) -> RunResult:
        granted = _Granted.of(request, self.settings)
        stock = await self.ground.stock(request)
        try:
            child = await stock.take(granted.memory)
            return await self._conversed(child, request, inputs, granted)
        finally:
            stock.replenish()

    async def _conversed(
        self, child: Child, request: RunRequest, inputs: bytes, granted: _Granted
    ) -> RunResult:
        settings = self.settings
        job: dict[str, object] = {
            "language": request.language,
            "code": request.code,
            "memory": granted.memory,
            "cpu": granted.cpu,
            "result_bytes": settings.result_bytes,
        }
        talk = Conversation(
            child, _joined(job, inputs), granted.wall, settings.output_bytes, settings.result_bytes
        )
        start = time.perf_counter()
        exited = await talk.held()
        took = time.perf_counter() - start
        errors = talk.err.text
        cpu = settings.max_cpu if request.language == "nodejs" else granted.cpu
        found = verdict(Ending(exited, talk.reason, talk.report.data, errors, cpu, settings.depth))
        return RunResult(
            stdout=talk.out.text,
            stderr=errors + (warnings(request) if found.kind else ""),
            error=found.error,
            exit_code=found.exit_code,
            result_json=found.result,
            level=self.level,
            duration_ms=took * 1e3,
            memory_mb=exited.memory / _MB,
            error_kind=found.kind,
        )

    async def _tried(self) -> str:
        """Run something in each language; what goes wrong in Python is the sandbox's own fault."""
        for language, code in _TRIES.items():
            if language in self.ground.missing:
                continue
            done = await self.run(RunRequest(language, code))
            if done.error_kind is None:
                continue
            told = f"{language} does not run here: {done.error} {done.stderr}".strip()
            if language == "python3":
                return told
            self.ground.missing[language] = told
        return ""
