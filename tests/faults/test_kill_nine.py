"""`kill -9` of the real server at random moments, while people talk and documents are indexed."""

import os
import random
import sys
from pathlib import Path

import pytest

from tests.faults.harness.storm import Storm


def seed() -> int:
    """Of this storm; FAULT_SEED in the environment replays another's."""
    return int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))


async def test_nothing_accepted_is_lost_or_doubled(tmp_path: Path) -> None:
    report = await Storm(tmp_path, seed=seed(), documents=150).run(kills=4)
    sys.stdout.write(f"{report}\n")
    assert not report.problems
    assert len(report.kills) == 4
    assert report.accepted >= 4
    assert report.sources >= 1


@pytest.mark.soak
async def test_nothing_accepted_is_lost_or_doubled_in_a_long_storm(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = await Storm(tmp_path, seed=seed(), documents=400).run(kills=20)
    with capfd.disabled():
        sys.stdout.write(f"\n{report}\n")
    assert not report.problems
    assert report.accepted >= 20
    assert report.taken_over["chat"] >= 1
    assert report.taken_over["indexing"] >= 1
