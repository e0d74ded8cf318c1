"""The lock files: `python -m tools.locks` checks that they are fresh, `--write` makes them anew.

| file | holds |
|---|---|
| requirements/run.lock | what `make run` installs: the product, its extras anthropic, openai and sandbox |
| requirements/dev.lock | the same versions, and the dev group |
| requirements/build.lock | the build backend, for the isolated build of an installation |
| requirements/bootstrap.lock | uv, which pip installs first |

The check needs no network: what pyproject.toml asks for must be locked at a version that fits, everything
that these need must be locked too, and nothing else may be.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.closure import closure, names_of
from tools.source import files

__all__ = ["main"]

FOLDER = Path("requirements")
UV = "uv>=0.9"
HEADER = "# Written by `make lock`.\n"
_EXTRAS = ("anthropic", "openai", "sandbox")
_WITH_EXTRAS = tuple(word for extra in _EXTRAS for word in ("--extra", extra))
LAYERS: dict[str, tuple[str, ...]] = {
    "run": ("pyproject.toml", *_WITH_EXTRAS),
    "dev": (
        "pyproject.toml",
        *_WITH_EXTRAS,
        "--group",
        "dev",
        "--constraints",
        "requirements/run.lock",
    ),
    "build": ("-",),
    "bootstrap": ("-",),
}


def _project() -> dict[str, Any]:
    return tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))


def _group(project: dict[str, Any], name: str) -> Iterator[str]:
    for entry in project["dependency-groups"][name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _group(project, entry["include-group"])


def _wanted(layer: str) -> list[str]:
    """What a layer is made from."""
    project = _project()
    if layer == "bootstrap":
        return [UV]
    if layer == "build":
        return list(project["build-system"]["requires"])
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *(each for extra in _EXTRAS for each in extras[extra])]
    return [*wanted, *_group(project, "dev")] if layer == "dev" else wanted


def _write(layer: str, options: Iterable[str]) -> None:
    target = FOLDER / f"{layer}.lock"
    print(f"==> Resolving {target}", flush=True)
    command = [".venv/bin/uv", "pip", "compile", *options, "--quiet", "--no-header", "--universal"]
    command += ["--generate-hashes", "--python-version", "3.11"]
    asked = "\n".join(_wanted(layer)) if "-" in options else None
    answer = subprocess.run(command, input=asked, text=True, stdout=subprocess.PIPE, check=True)
    target.write_text(HEADER + answer.stdout, encoding="utf-8")


def _locked(layer: str) -> tuple[dict[str, str], list[str]]:
    """The versions of a lock that are for this platform, and the lines that are not fit for a lock."""
    text = (FOLDER / f"{layer}.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    versions: dict[str, str] = {}
    faults: list[str] = []
    for line in text.splitlines():
        asked = line.split("#")[0].split("--hash")[0].strip()
        if not asked:
            continue
        requirement = Requirement(asked)
        pins = list(requirement.specifier)
        if len(pins) != 1 or pins[0].operator != "==" or "--hash=sha256:" not in line:
            faults.append(f"{layer}.lock: `{asked}` is not pinned with hashes")
        elif requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(requirement.name)] = pins[0].version
    return versions, faults


def _unsatisfied(layer: str, wanted: Iterable[Requirement], locked: dict[str, str]) -> Iterator[str]:
    for each in wanted:
        version = locked.get(canonicalize_name(each.name))
        if version is None:
            yield f"{layer}.lock: {each.name} is missing"
        elif not each.specifier.contains(version, prereleases=True):
            yield f"{layer}.lock: {each.name} {version} does not fit `{each}`"


def _faults(layer: str) -> Iterator[str]:
    locked, faults = _locked(layer)
    yield from faults
    installed = layer in ("run", "dev")
    needed = closure(_wanted(layer)) if installed else [Requirement(each) for each in _wanted(layer)]
    yield from _unsatisfied(layer, needed, locked)
    if installed:
        for name in sorted(set(locked) - names_of(needed)):
            yield f"{layer}.lock: {name} is not needed"


def _disagreements() -> Iterator[str]:
    developed, _ = _locked("dev")
    for name, version in _locked("run")[0].items():
        if developed.get(name) != version:
            yield f"dev.lock: {name} is {developed.get(name)}, but run.lock has {version}"


def check() -> int:
    """Print what is stale; 1 when something is."""
    missing = [f"{layer}.lock is missing" for layer in LAYERS if not (FOLDER / f"{layer}.lock").exists()]
    faults = missing or [*(fault for layer in LAYERS for fault in _faults(layer)), *_disagreements()]
    print(*sorted(set(faults)), *(["Run `make lock`."] if faults else []), sep="\n")
    return 1 if faults else 0


def main() -> int:
    """Write the locks with `--write`, else check them."""
    if "--write" not in sys.argv[1:]:
        return check()
    FOLDER.mkdir(exist_ok=True)
    for layer, options in LAYERS.items():
        _write(layer, options)
    print("==> Done:", *(path.name for path in files(FOLDER, ".lock")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
