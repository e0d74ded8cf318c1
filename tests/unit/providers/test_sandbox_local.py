"""The sandbox that is a child of this process."""

import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.sandbox import SandboxRequest
from liteagent.providers.sandbox import child
from liteagent.providers.sandbox.local import LocalSandbox, create

ADDING = SandboxRequest("python3", "def main(a):\n    return a + 1", {"a": 10**30})
SLOW = SandboxRequest("python3", "import time\ntime.sleep(0.5)\nresult = 1")


@pytest.fixture
async def sandbox() -> AsyncGenerator[LocalSandbox]:
    opened = create({})
    yield opened
    await opened.aclose()


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_nothing_is_started_before_the_first_run(sandbox: LocalSandbox) -> None:
    assert sandbox.pid is None
    result = await sandbox.run(ADDING)
    assert (result.result, result.error_kind) == (10**30 + 1, None)
    first = sandbox.pid
    assert first is not None
    assert (await sandbox.run(SandboxRequest("jinja2", "{{ a }}", {"a": "é"}))).result == "é"
    assert sandbox.pid == first
    await sandbox.aclose()
    assert not _is_there(first)


async def test_runs_at_the_same_time_share_one_child(sandbox: LocalSandbox) -> None:
    pids: set[int | None] = set()

    async def run() -> None:
        assert (await sandbox.run(ADDING)).error_kind is None
        pids.add(sandbox.pid)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(run)
    assert len(pids) == 1


async def test_a_child_that_dies_is_replaced(sandbox: LocalSandbox) -> None:
    await sandbox.run(ADDING)
    first = sandbox.pid or 0
    os.kill(first, signal.SIGKILL)
    assert (await sandbox.run(ADDING)).error_kind is None
    assert sandbox.pid != first


def _environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize(("network", "kind"), [(False, None), (True, "unavailable")])
async def test_a_run_is_repeated_only_where_that_does_no_harm(
    sandbox: LocalSandbox, network: bool, kind: str | None
) -> None:
    await sandbox.run(ADDING)

    async def kill() -> None:
        await anyio.sleep(0.2)
        os.kill(sandbox.pid or 0, signal.SIGKILL)

    async with anyio.create_task_group() as group:
        group.start_soon(kill)
        result = await sandbox.run(SandboxRequest(SLOW.language, SLOW.code, enable_network=network))
        assert result.error_kind == kind


async def test_code_finds_nothing_of_this_process(
    sandbox: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a secret")
    code = "import os\nresult = [dict(os.environ), os.path.exists(path)]".replace(
        "path)", repr(__file__) + ")"
    )
    assert (await sandbox.run(SandboxRequest("python3", code))).result == [{}, False]
    assert b"a secret" not in _environment(sandbox.pid or 0)


async def test_a_cancelled_run_ends(sandbox: LocalSandbox) -> None:
    await sandbox.run(ADDING)
    with anyio.move_on_after(0.1) as scope:
        await sandbox.run(SandboxRequest("python3", "while True: pass", limits={"wall": 60}))
    assert scope.cancelled_caught
    assert (await sandbox.run(ADDING)).error_kind is None
    with anyio.fail_after(5):
        await sandbox.aclose()


async def test_a_machine_that_cannot_hold_it_says_so(
    sandbox: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_WITHOUT", "seccomp")
    with pytest.raises(ConfigurationError, match=r"No sandbox configured: .*SANDBOX_ALLOW_WEAK"):
        await sandbox.run(ADDING)
    monkeypatch.delenv("SANDBOX_WITHOUT")
    assert (await sandbox.run(ADDING)).error_kind is None


async def test_a_child_that_says_nothing_is_given_up(
    sandbox: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_MODULE", "this")
    with pytest.raises(ConfigurationError, match="before it was ready"):
        await sandbox.run(ADDING)
