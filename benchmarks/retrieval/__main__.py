"""Compare retrieval libraries: `python -m benchmarks.retrieval [--quick] [--only CASE…] [--install]`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.comparing.command import arguments, in_rounds, tell
from benchmarks.comparing.interpreters import install
from benchmarks.retrieval.cases import CASES
from benchmarks.retrieval.libraries import environments
from benchmarks.retrieval.measuring import Measuring
from benchmarks.retrieval.report import as_json, as_text

_CACHE = Path(os.environ.get("LITEAGENT_BENCH_CACHE", Path.home() / ".cache" / "liteagent-bench"))
_MODEL = os.environ.get("LITEAGENT_BENCH_MINILM")


def main() -> str | None:
    """Measure, and print the tables; what went wrong with an installation."""
    chosen = _arguments().parse_args()
    if chosen.install:
        return "\n".join(install(environments.values())) or None
    chosen.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measuring = Measuring(Path(folder), chosen.cache, chosen.minilm, is_quick=chosen.quick)

        def measure(name: str, number: int) -> None:
            if number == 0 or not CASES[name].once:
                measuring.round(CASES[name])

        in_rounds(chosen, _names(chosen), measure)
    tell(chosen, as_json(measuring.results), as_text(measuring.results))
    return None


def _names(chosen: argparse.Namespace) -> Iterable[str]:
    names = chosen.only or [name for name in CASES if name != "million"]
    return dict.fromkeys((*names, "million")) if chosen.million else names


def _arguments() -> argparse.ArgumentParser:
    parser = arguments("benchmarks.retrieval", __doc__, CASES)
    parser.add_argument("--million", action="store_true", help="1,000,000 chunks too: half an hour, 6 GB")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where documentation and vectors are kept")
    parser.add_argument(
        "--minilm",
        type=Path,
        default=None if _MODEL is None else Path(_MODEL),
        help="folder of all-MiniLM-L6-v2 (model.safetensors, tokenizer.json), for the quality case",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
