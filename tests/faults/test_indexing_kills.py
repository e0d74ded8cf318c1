"""`kill -9` of the server and of what reads documents for it, while a large folder is indexed."""

import sys
from pathlib import Path

import pytest

from tests.faults.harness.indexing_storm import IndexingStorm
from tests.faults.test_kill_nine import seed


async def test_a_folder_is_indexed_whole_and_once(tmp_path: Path) -> None:
    report = await IndexingStorm(tmp_path, seed=seed(), count=200).run(kills=3)
    sys.stdout.write(f"{report}\n")
    assert not report.problems
    assert report.kills >= 1
    assert report.questions >= 10


async def test_a_folder_whose_documents_are_taken_in_together_is_indexed_whole_and_once(
    tmp_path: Path,
) -> None:
    report = await IndexingStorm(tmp_path, seed=seed(), count=1500, words_only=True).run(kills=3)
    sys.stdout.write(f"{report}\n")
    assert not report.problems
    assert report.kills >= 1


@pytest.mark.soak
async def test_a_thousand_documents_are_indexed_whole_and_once_through_twenty_kills(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = await IndexingStorm(tmp_path, seed=seed(), count=1000).run(kills=20)
    with capfd.disabled():
        sys.stdout.write(f"\n{report}\n")
    assert not report.problems
    assert report.kills == 20
    assert report.readers_killed >= 1
