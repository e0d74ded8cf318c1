"""The server of forks: a process with everything imported, that forks one child for each run."""

import contextlib
import gc
import importlib
import io
import json
import os
import random
import select
import socket
import struct
import sys
import threading
from dataclasses import dataclass, field

from liteagent_sandbox import python_run
from liteagent_sandbox.blueprint import Blueprint
from liteagent_sandbox.node import OVERHEAD, command
from liteagent_sandbox.walls import Walls, limit_data, limit_memory, limit_processor
from liteagent_sandbox.wire import EXITED, PROGRAM, READY, REFUSED, STARTED, Exited, Order

__all__ = ["main"]

_JOB, _RESULT = 3, 4
_FAILED = 70
_STACK = 1 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main(text: str, size: str) -> None:
    """Serve forks until the pool hangs up."""
    plan = Blueprint.parsed(text)
    _clear_low()
    control = socket.socket(fileno=plan.control)
    problems = _preload(plan)
    python_run.warm_up()
    command(plan, 0)
    try:
        walls = Walls(plan)
        walls.prepare()
        problems += [walls.weakness] if walls.weakness else []
    except OSError as error:
        control.send(REFUSED + f"{error.strerror} ({error.filename})".encode())
        sys.exit(1)
    _forget_environment()
    threading.stack_size(_STACK)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    gc.collect()
    gc.disable()
    gc.freeze()
    control.send(READY + json.dumps(problems).encode())
    _Zygote(plan, control, walls, int(size)).serve()


def _preload(plan: Blueprint) -> list[str]:
    problems: list[str] = []
    sys.path += plan.template_path
    for name in ("jinja2.sandbox", *plan.preload):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a package that cannot be imported is the operator's to mend
            problems.append(f"{name}: {error}")
    sys.path[:] = [each for each in sys.path if each not in plan.template_path]
    return problems


@dataclass(slots=True)
class _Pipes:
    """The four of a run: ends for the child and ends for the pool."""

    theirs: list[int] = field(default_factory=list[int])
    ours: list[int] = field(default_factory=list[int])

    @classmethod
    def made(cls) -> "_Pipes":
        job, job_write = os.pipe()
        pipes = cls([job], [job_write])
        for _ in range(3):
            read, write = os.pipe()
            pipes.theirs.append(write)
            pipes.ours.append(read)
        return pipes

    def close(self) -> None:
        for each in (*self.theirs, *self.ours):
            os.close(each)


@dataclass(slots=True)
class _Zygote:
    plan: Blueprint
    control: socket.socket
    walls: Walls
    size: int
    children: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """Process and slot, by the descriptor that tells of its end."""

    def serve(self) -> None:
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        headcount = self.walls.headcount
        if headcount is not None:
            headcount.watch(poll)
        own = os.pidfd_open(os.getpid())
        while True:
            for descriptor, event in poll.poll():
                if descriptor in self.children:
                    poll.unregister(descriptor)
                    self._buried(descriptor)
                elif descriptor != self.control.fileno():
                    if headcount is not None:
                        headcount.hear(descriptor, event, poll)
                elif (order := self._order()) is None:
                    return
                else:
                    poll.register(self._started(order, own), select.POLLIN)

    def _order(self) -> Order | None:
        try:
            return Order.parsed(self.control.recv(64))
        except ConnectionResetError:
            return None

    def _started(self, order: Order, own: int) -> int:
        pipes = _Pipes.made()
        tasks = self.walls.before_fork()
        held = self._held()
        if self.plan.namespaces:
            self.walls.enter_pid_namespace(own)
        pid = os.fork()
        if pid == 0:
            self._be_run(order, pipes, tasks, held)
        watched = os.pidfd_open(pid)
        message = struct.pack("<cII", STARTED, order.slot, pid)
        with contextlib.suppress(BrokenPipeError):
            socket.send_fds(self.control, [message], [*pipes.ours, watched])
        pipes.close()
        self.children[watched] = (pid, order.slot)
        return watched

    def _held(self) -> int:
        return int(os.pread(self.size, 64, 0).split()[0]) * _PAGE

    def _buried(self, watched: int) -> None:
        pid, slot = self.children.pop(watched)
        _, status, usage = os.wait4(pid, 0)
        os.close(watched)
        cpu = usage.ru_utime + usage.ru_stime
        with contextlib.suppress(BrokenPipeError):
            self.control.send(EXITED + Exited(slot, status, cpu, usage.ru_maxrss * 1024).packed())

    def _be_run(self, order: Order, pipes: _Pipes, tasks: int, held: int) -> None:
        """The forked child: never returns."""
        try:
            _arrange(pipes, keep=self.walls.descriptors)
            self.walls.confine(order.slot, tasks, is_program=order.kind == PROGRAM)
        except BaseException as error:  # noqa: BLE001 - it must not live on as a second server
            os.write(_RESULT, REFUSED + f"the walls cannot be raised: {error}".encode())
            os._exit(_FAILED)
        try:
            if order.kind == PROGRAM:
                limit_data(order.memory + OVERHEAD)
                limit_processor(self.plan.cpu)
                os.execve(self.plan.node, command(self.plan, order.memory), {})  # noqa: S606 - no shell
            _run(held)
        finally:
            os._exit(_FAILED)


def _arrange(pipes: _Pipes, keep: list[int]) -> None:
    """Descriptors 0 to 4 and those of the walls are all that is left."""
    job, out, err, result = pipes.theirs
    nothing = os.open("/dev/null", os.O_RDONLY)
    for target, each in enumerate([nothing, out, err, job, result]):
        os.dup2(each, target)
    first = _RESULT + 1
    for each in (*sorted(keep), 1 << 16):
        os.closerange(first, each)
        first = each + 1


def _forget_environment() -> None:
    """Libraries still find how many threads they may start; Python code finds nothing."""
    kept = {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
    os.environ.clear()
    for name, value in kept.items():
        os.putenv(name, value)


def _clear_low() -> None:
    """Descriptors 3 and 4 belong to runs; whatever is made after this lies above."""
    for descriptor in (_JOB, _RESULT):
        try:
            os.fstat(descriptor)
        except OSError:
            os.dup2(0, descriptor, inheritable=False)


def _run(held: int) -> None:
    _reseed()
    if not select.select([_JOB], [], [], 0)[0]:
        python_run.rehearse()  # what it costs, a fault for each page, no run has to wait for
    with open(_JOB, "rb", closefd=False) as file:
        text = file.read()
    os.close(_JOB)
    if not text:
        os._exit(0)
    job = json.loads(text)
    limit_memory(held, job["memory"])
    limit_processor(job["cpu"])
    report = python_run.execute(job)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S112 - the user may have put anything there
            continue
    _send(report)
    os._exit(0)


def _reseed() -> None:
    """What was drawn from before the fork would say the same in every child."""
    random.seed()
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def _send(report: bytes) -> None:
    view = memoryview(report)
    while view:
        view = view[os.write(_RESULT, view) :]
