"""The repository keeps its promises to whoever works in it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISED = ["run", "test", "setup", "check", "bench", "soak", "figures", "lock", "clean", "help"]


@pytest.mark.parametrize("target", PROMISED)
def test_the_makefile_has_the_promised_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.* ## \S", makefile, re.MULTILINE)


def _declared() -> list[str]:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = data["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists += [data["build-system"]["requires"], *data["dependency-groups"].values()]
    requirements = [each for one in lists for each in one if isinstance(each, str)]
    return sorted({re.split(r"[<>=;\[ ]", each)[0] for each in requirements})


@pytest.mark.parametrize("package", _declared())
def test_a_dependency_has_its_line(package: str) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    assert any(re.search(rf"\b{re.escape(package)}\b", row) for row in rows)


def _run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs"],
        cwd=folder,
        env={**os.environ, "CI": ci},
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of its own that has this repository's conftest."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return tmp_path


SKIPPING = {
    "in its body": "import pytest\ndef test_one(): pytest.skip('no peer')\n",
    "by a mark": "import pytest\n@pytest.mark.skip(reason='no peer')\ndef test_one(): pass\n",
    "in a fixture": (
        "import pytest\n@pytest.fixture\ndef peer(): pytest.skip('no peer')\ndef test_one(peer): pass\n"
    ),
    "as a module": "import pytest\npytest.skip('no peer', allow_module_level=True)\n",
}


@pytest.mark.parametrize("how", SKIPPING)
def test_a_skipped_test_fails_continuous_integration(suite: Path, how: str) -> None:
    (suite / "test_it.py").write_text(SKIPPING[how], encoding="utf-8")
    done = _run(suite, ci="true")
    assert done.returncode != 0
    assert "nothing may be skipped" in done.stdout
    assert "no peer" in done.stdout


def test_elsewhere_a_skipped_test_is_only_named(suite: Path) -> None:
    (suite / "test_it.py").write_text(SKIPPING["in its body"], encoding="utf-8")
    done = _run(suite, ci="")
    assert done.returncode == 0
    assert "no peer" in done.stdout


def test_a_test_that_is_expected_to_fail_is_not_skipped(suite: Path) -> None:
    text = "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_one(): assert False\n"
    (suite / "test_it.py").write_text(text, encoding="utf-8")
    assert _run(suite, ci="true").returncode == 0
