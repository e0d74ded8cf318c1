"""`kill -9` of the real server at random moments, while flows of fifty steps call an effect ledger."""

import os
import random
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.faults.workflow.ledger import EffectLedger
from tests.faults.workflow.served import FlowStorm

STEPS = 50


def seed() -> int:
    """Of this storm; FAULT_SEED in the environment replays another's."""
    return int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))


@pytest.fixture
async def ledger(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[EffectLedger]:
    """A ledger that flows may reach, and whose answers take up to a twentieth of a second."""
    async with EffectLedger(delay=0.05).serving() as ledger:
        monkeypatch.setenv("FETCH_ALLOW", ledger.url.removeprefix("http://"))
        yield ledger


async def test_nothing_is_lost_or_done_twice(tmp_path: Path, ledger: EffectLedger) -> None:
    report = await FlowStorm(tmp_path, ledger, seed=seed(), steps=STEPS, clients=2).run(kills=2)
    sys.stdout.write(f"{report}\n")
    assert report.problems == []
    assert len(report.kills) == 2
    assert report.runs >= 2


@pytest.mark.soak
async def test_nothing_is_lost_or_done_twice_in_fifty_kills(
    tmp_path: Path, ledger: EffectLedger, capfd: pytest.CaptureFixture[str]
) -> None:
    report = await FlowStorm(tmp_path, ledger, seed=seed(), steps=STEPS, clients=3).run(kills=50)
    with capfd.disabled():
        sys.stdout.write(f"\n{report}\n")
    assert report.problems == []
    assert len(report.kills) == 50
    assert report.taken_over >= 30
