"""Packages that the operator has installed work under the usual rules."""

import compileall
import os
import shutil
from collections.abc import AsyncGenerator, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import JsonValue, Limits, RunRequest
from liteagent_sandbox.settings import Settings, SettingsError

_WANTED = ("numpy", "pandas", "requests")
_NEEDED = {
    "pandas": ("python-dateutil", "six", "pytz", "tzdata"),
    "requests": ("certifi", "charset-normalizer", "idna", "urllib3"),
}
_NUMPY = """
import numpy as np
def main(values):
    a = np.array(values, dtype=float)
    return [round(float(np.linalg.det(a @ a)), 6), a.mean(axis=0).tolist()]
"""
_PANDAS = """
import pandas as pd
def main(rows):
    frame = pd.DataFrame(rows)
    frame["day"] = pd.to_datetime(frame["day"])
    return frame.groupby(frame["day"].dt.month)["n"].sum().to_dict()
"""


def _is_there(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _installed() -> list[str]:
    """Those that the environment of the tests has."""
    return [name for name in _WANTED if _is_there(name)]


def _copy(name: str, folder: Path) -> None:
    """As `pip install --target` would."""
    for file in distribution(name).files or ():
        source, target = Path(str(file.locate())), folder / file
        if ".." in file.parts or not source.is_file():
            continue
        _link(source, target)
        cached = Path(cache_from_source(str(source)))
        if source.suffix == ".py" and cached.is_file():
            _link(cached, target.parent / cached.parent.name / cached.name)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("packages")
    folder.chmod(0o755)
    for name in _installed():
        for each in (name, *_NEEDED.get(name, ())):
            if _is_there(each):
                _copy(each, folder)
    compileall.compile_dir(folder, quiet=2, workers=0)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["", ",".join(_installed())], ids=["as they are", "preloaded"])
async def pool(request: pytest.FixtureRequest, packages: Path) -> AsyncGenerator[Pool]:
    preload = tuple(name for name in request.param.split(",") if name)
    async with Pool(Settings(packages=str(packages), preload=preload, node="none")) as opened:
        assert opened.ground.weaknesses == []
        yield opened


async def test_numpy_computes(pool: Pool) -> None:
    done = await pool.run(RunRequest("python3", _NUMPY, {"values": [[1, 2], [3, 4]]}))
    assert done.result == [4.0, [2.0, 3.0]], done.error


@pytest.mark.parametrize("name", [name for name in _installed() if name == "pandas"])
async def test_pandas_computes(pool: Pool, name: str) -> None:
    rows: JsonValue = [
        {"day": "2026-01-02", "n": 1},
        {"day": "2026-01-03", "n": 2},
        {"day": "2026-02-03", "n": 4},
    ]
    done = await pool.run(RunRequest("python3", _PANDAS, {"rows": rows}, limits=Limits(wall=30)))
    assert done.result == {"1": 3, "2": 4}, done.error


async def test_requests_can_be_imported_and_says_that_there_is_no_network(pool: Pool) -> None:
    for host in ("http://127.0.0.1:1", "https://example.com"):
        done = await pool.run(RunRequest("python3", f"import requests\nrequests.get({host!r}, timeout=1)"))
        assert done.error_kind == "runtime_error"
        assert "ConnectionError" in done.error
        assert done.error.endswith("Note: there is no network in the sandbox.")


async def test_the_draws_of_numpy_differ_from_run_to_run(pool: Pool) -> None:
    code = "import numpy as np\nresult = np.random.random(4).tolist()"
    first, second = [(await pool.run(RunRequest("python3", code))).result for _ in range(2)]
    assert first
    assert first != second


async def test_a_folder_that_runs_cannot_read_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    async with Pool(Settings(packages=str(closed), node="none")) as pool:
        said = [each for each in pool.ground.weaknesses if "SANDBOX_PACKAGES" in each]
        assert bool(said) is (os.getuid() == 0)
    with pytest.raises(SettingsError, match="SANDBOX_PACKAGES"):
        async with Pool(Settings(packages=str(tmp_path / "missing"))):
            pass


async def test_a_package_cannot_be_changed(pool: Pool, packages: Path) -> None:
    code = f"open({str(packages / 'numpy' / '__init__.py')!r}, 'a').write('#')"
    done = await pool.run(RunRequest("python3", code))
    assert done.error_kind == "runtime_error"
    assert "PermissionError" in done.error or "Read-only" in done.error
