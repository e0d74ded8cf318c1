"""Many runs at a time, honest and hostile ones mixed, as many clients would ask for them."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2 as httpx

from tests.sandbox.attacks.programs import CONTAINED, Case
from tests.sandbox.attacks.service import Service

__all__ = ["HOSTILE", "Outcome", "honest", "mixed", "play"]

_BUSY, _PATIENCE = 503, 10_000
HOSTILE = [
    "files/read-canary",
    "files/write-everywhere",
    "interpreter/subclass-gadget",
    "javascript/child-process",
    "javascript/leave",
    "javascript/sockets",
    "kernel/io-uring",
    "kernel/nested-namespaces",
    "memory/fill-the-work-folder",
    "memory/huge-list",
    "memory/use-up-the-inodes",
    "memory/system-five-memory",
    "network/unix-abstract",
    "output/close-every-descriptor",
    "output/crash",
    "output/flood-and-return",
    "output/leave-silently",
    "output/flood-every-descriptor",
    "processes/daemon",
    "processes/orphan-keeps-the-pipes",
    "processes/raw-fork-calls",
    "processes/signal-the-service",
    "state/threads",
    "templates/endless-loops",
    "templates/subclasses",
    "time/ignored-signals",
]
"""A sample of every kind that is over soon."""


@dataclass
class Outcome:
    """How often what happened; `wrong` says what should not have."""

    ends: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])


def honest(number: int) -> tuple[dict[str, Any], Any]:
    """The body of an honest run, and its result."""
    match number % 5:
        case 0:
            code = "def main(n):\n    import json\n    return json.loads(json.dumps({'n': n * 2}))\n"
            return {"language": "python3", "code": code, "inputs": {"n": number}}, {"n": number * 2}
        case 1:
            code = (
                "import asyncio\n"
                "async def main(n):\n"
                "    await asyncio.sleep(0)\n"
                "    return sum(range(n % 1000))\n"
            )
            return {"language": "python3", "code": code, "inputs": {"n": number}}, sum(range(number % 1000))
        case 2:
            code = "{% for x in items %}{{ x }};{% endfor %}"
            return {"language": "jinja2", "code": code, "inputs": {"items": [number, 1]}}, f"{number};1;"
        case 3:
            code = "function main({ n }) { return { n: n + 1 }; }"
            return {"language": "nodejs", "code": code, "inputs": {"n": number}}, {"n": number + 1}
        case _:
            code = (
                "import threading, tempfile, re\n"
                "def main(n):\n"
                "    found = []\n"
                "    one = threading.Thread(target=lambda: found.append(re.sub('[0-9]', 'd', str(n))))\n"
                "    one.start(); one.join()\n"
                "    return found\n"
            )
            return {"language": "python3", "code": code, "inputs": {"n": number}}, ["d" * len(str(number))]


def mixed(
    count: int, cases: Iterable[Case], told: Mapping[str, Any], seed: int
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Bodies and what is right for each: one in five is hostile."""
    hostile = itertools.cycle([case for case in cases if case.name in HOSTILE])
    order = random.Random(seed)
    for number in range(count):
        if order.random() < 0.2:
            case = next(hostile)
            yield case.request(told), case
        else:
            yield honest(number)


async def play(service: Service, runs: Iterable[tuple[dict[str, Any], Any]], clients: int) -> Outcome:
    """Ask for all of them, so many at a time."""
    outcome, waiting = Outcome(), iter(runs)
    async with httpx.AsyncClient(
        base_url=service.client.base_url, headers=service.client.headers, timeout=60
    ) as client:

        async def work() -> None:
            for body, right in waiting:
                await _one(client, body, right, outcome)

        async with anyio.create_task_group() as group:
            for _ in range(clients):
                group.start_soon(work)
    return outcome


async def _one(client: httpx.AsyncClient, body: dict[str, Any], right: Any, outcome: Outcome) -> None:
    answer = await client.post("/v1/sandbox/run", json=body)
    while answer.status_code == _BUSY and outcome.ends["busy"] < _PATIENCE:
        outcome.ends["busy"] += 1
        await anyio.sleep(0.02)
        answer = await client.post("/v1/sandbox/run", json=body)
    data: dict[str, Any] = answer.json().get("data") or {}
    kind = data.get("error_kind")
    outcome.ends[kind or CONTAINED] += 1
    if isinstance(right, Case):
        # On a busy machine the time may be up before it has tried everything: it is held then, too.
        held = (kind or CONTAINED) in {*right.ends, "timeout"} and (
            kind is not None or right.is_contained(data["result"])
        )
    else:
        held = kind is None and data.get("result") == right
    if not held:
        name = right.name if isinstance(right, Case) else body["code"]
        outcome.wrong.append(f"{name}: {answer.text[:500]}")
