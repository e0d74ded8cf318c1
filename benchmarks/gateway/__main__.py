"""Compare gateways: `python -m benchmarks.gateway [--quick] [--only CASE…] [--install]`."""

import sys
import tempfile
from pathlib import Path

from benchmarks.comparing.command import arguments, in_rounds, tell
from benchmarks.comparing.interpreters import install
from benchmarks.gateway.measuring import CASES, Measuring
from benchmarks.gateway.report import as_json, as_text
from benchmarks.gateway.servers import environments


def main() -> str | None:
    """Measure, and print the tables; what went wrong with an installation."""
    chosen = arguments("benchmarks.gateway", __doc__, CASES).parse_args()
    if chosen.install:
        return "\n".join(install(environments.values())) or None
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measuring = Measuring(Path(folder), is_quick=chosen.quick)
        in_rounds(chosen, chosen.only or CASES, lambda case, _number: measuring.round(case))
    tell(chosen, as_json(measuring.results), as_text(measuring.results))
    return None


if __name__ == "__main__":
    sys.exit(main())
