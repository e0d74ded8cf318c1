"""Compare retrieval libraries: `python -m benchmarks.retrieval [--quick] [--only CASE…] [--install]`."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.comparing.interpreters import install
from benchmarks.retrieval.cases import CASES
from benchmarks.retrieval.libraries import environments
from benchmarks.retrieval.measuring import Measuring
from benchmarks.retrieval.report import as_json, as_text

_DISK = Path("/var/tmp")  # /tmp may be memory, where a sync costs nothing
_CACHE = Path(os.environ.get("LITEAGENT_BENCH_CACHE", Path.home() / ".cache" / "liteagent-bench"))
_MODEL = os.environ.get("LITEAGENT_BENCH_MINILM")


def main() -> str | None:
    """Measure, and print the tables; what went wrong with an installation."""
    chosen = _arguments().parse_args()
    if chosen.install:
        return "\n".join(install(environments.values())) or None
    chosen.cache.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measuring = Measuring(Path(folder), chosen.cache, chosen.minilm, is_quick=chosen.quick)
        try:
            _measure(measuring, chosen)
        except KeyboardInterrupt:
            print("Broken off; this is what there is.", file=sys.stderr)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(as_json(measuring.results), indent=1), encoding="utf-8")
    print(as_text(measuring.results))
    print(f"\nLoad average {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors.")
    return None


def _measure(measuring: Measuring, chosen: argparse.Namespace) -> None:
    names = chosen.only or [name for name in CASES if name != "million"]
    if chosen.million:
        names = dict.fromkeys((*names, "million"))
    for number in range(1 if chosen.quick else chosen.rounds):
        for name in names:
            if number == 0 or not CASES[name].once:
                measuring.round(CASES[name])


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, and less of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is taken")
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--million", action="store_true", help="1,000,000 chunks too: half an hour, 6 GB")
    parser.add_argument("--folder", type=Path, default=_DISK, help="where databases go; a real disk")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where documentation and vectors are kept")
    parser.add_argument(
        "--minilm",
        type=Path,
        default=None if _MODEL is None else Path(_MODEL),
        help="folder of all-MiniLM-L6-v2 (model.safetensors, tokenizer.json), for the quality case",
    )
    parser.add_argument("--install", action="store_true", help="make the environments of the peers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
