"""The web interface: its models in Node, its journeys in a real browser against the real server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from liteagent.app.http.web import bundle_folder

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
JOURNEYS = sorted((WEB / "tests" / "journeys").glob("*.test.mjs"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def _require(condition: bool, what: str) -> None:
    if not condition:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{what} is missing, and CI skips nothing")
        pytest.skip(f"{what} is missing; see tools/build-web.sh and tools/install-browser.sh")


def _node(*arguments: str, seconds: float) -> None:
    program = shutil.which("node")
    _require(program is not None and (WEB / "node_modules").is_dir(), "Node or what web/ is built with")
    done = subprocess.run(
        [str(program), *arguments],
        cwd=WEB,
        env={**os.environ, "LITEAGENT_PROGRAM": str(Path(sys.executable).parent / "liteagent")},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]


def test_the_models_do_what_their_tests_say() -> None:
    _node("node_modules/vitest/vitest.mjs", "run", "--reporter=dot", seconds=300)


def test_there_are_journeys() -> None:
    assert {path.name.removesuffix(".test.mjs") for path in JOURNEYS} >= {
        "first-run",
        "knowledge",
        "providers",
        "routes",
        "session",
        "stream",
    }


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_a_journey(journey: Path) -> None:
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    _require(browser is not None, "Chromium")
    _require((bundle_folder() / "index.html.gz").is_file(), "The built interface")
    _node("--test", "--test-concurrency=1", str(journey), seconds=580)
