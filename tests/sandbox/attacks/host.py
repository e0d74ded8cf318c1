"""What a service holds of its host: processes, namespaces, mounts, descriptors, memory."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Holdings", "Process", "at_rest", "descendants", "holdings", "marked", "memory_mb", "settled"]

_KINDS = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
_KEYS = (0x7A11, 0x7A12)
_PATIENCE, _QUIET = 3.0, 0.3


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the host sees it."""

    pid: int
    parent: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much of everything, over a service and all its descendants.

    Attributes:
        descriptors: Those of the service itself.
        mounts: The most that any of them sees.
        shared: System V segments, semaphores and queues on the host that hostile programs made.
    """

    processes: int
    namespaces: int
    descriptors: int
    mounts: int
    shared: int

    def beyond(self, other: "Holdings") -> Iterator[str]:
        """What there is more of than in another."""
        for name in ("processes", "namespaces", "descriptors", "mounts", "shared"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine > theirs:
                yield f"{name}: {theirs} became {mine}"


def _processes() -> Iterator[Process]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            text = (path / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        head, _, tail = text.rpartition(")")
        fields = tail.split()
        yield Process(int(path.name), int(fields[1]), head.partition("(")[2], fields[0])


def descendants(service: int) -> list[Process]:
    """The children of a process, theirs, and so on."""
    children: dict[int, list[Process]] = {}
    for process in _processes():
        children.setdefault(process.parent, []).append(process)
    found, open_ = list[Process](), [service]
    while open_:
        below = children.get(open_.pop(), [])
        found += below
        open_ += [each.pid for each in below]
    return found


def marked(mark: str) -> list[Process]:
    """The processes anywhere that go by the name that hostile programs give themselves."""
    return [process for process in _processes() if process.name.startswith(mark) and process.state != "Z"]


def _namespaces(pid: int) -> Iterator[str]:
    for kind in _KINDS:
        try:
            yield str((Path(f"/proc/{pid}/ns") / kind).readlink())
        except OSError:
            continue


def _lines(path: str) -> int:
    try:
        return len(Path(path).read_bytes().splitlines())
    except OSError:
        return 0


def _shared(kind: str) -> int:
    """Those by the keys that hostile programs use: others on the host have their own."""
    rows = [line.split() for line in Path(f"/proc/sysvipc/{kind}").read_text("utf-8").splitlines()[1:]]
    return sum(int(row[0]) in _KEYS for row in rows)


def holdings(service: int) -> Holdings:
    """What there is now."""
    pids = [service, *(process.pid for process in descendants(service))]
    return Holdings(
        processes=len(pids),
        namespaces=len({each for pid in pids for each in _namespaces(pid)}),
        descriptors=len(list(Path(f"/proc/{service}/fd").iterdir())),
        mounts=max(_lines(f"/proc/{pid}/mountinfo") for pid in pids),
        shared=sum(_shared(kind) for kind in ("shm", "sem", "msg")),
    )


def at_rest(service: int) -> Holdings:
    """What there is once nothing has come or gone for a while."""
    found, since = holdings(service), time.monotonic()
    end = since + _PATIENCE
    while time.monotonic() < min(end, since + _QUIET):
        time.sleep(0.02)
        now = holdings(service)
        if now != found:
            found, since = now, time.monotonic()
    return found


def settled(service: int, before: Holdings, mark: str) -> list[str]:
    """What there is more of than before, and keeps being for some seconds; empty for nothing."""
    end = time.monotonic() + _PATIENCE
    while True:
        more = [
            *holdings(service).beyond(before),
            *(f"{each.name} {each.pid} lives on" for each in marked(mark)),
        ]
        if not more or time.monotonic() > end:
            return more
        time.sleep(0.01)


def memory_mb(service: int) -> dict[int, float]:
    """The private memory of a service and each of its descendants, in megabytes."""
    found = dict[int, float]()
    for pid in (service, *(process.pid for process in descendants(service))):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        private = (int(line.split()[1]) for line in lines if line.startswith("Private_"))
        found[pid] = sum(private) / 1024
    return found
