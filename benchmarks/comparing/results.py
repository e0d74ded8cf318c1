"""What was measured, round by round."""

import statistics
from dataclasses import dataclass, field

__all__ = ["Results"]


@dataclass(slots=True)
class Results:
    """Every round of every case: `rounds[case][engine]` is a list of figures by name."""

    rounds: dict[str, dict[str, list[dict[str, float]]]] = field(
        default_factory=dict[str, "dict[str, list[dict[str, float]]]"]
    )
    versions: dict[str, str] = field(default_factory=dict[str, str])
    missing: dict[str, str] = field(default_factory=dict[str, str])
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, case: str, engine: str, figures: dict[str, float]) -> None:
        """Keep the figures of one round."""
        self.rounds.setdefault(case, {}).setdefault(engine, []).append(figures)

    def median(self, case: str, engine: str, name: str) -> float | None:
        """The median of a figure over the rounds; None where it was not measured."""
        values = [each[name] for each in self.rounds.get(case, {}).get(engine, []) if name in each]
        return statistics.median(values) if values else None

    def names(self, case: str) -> list[str]:
        """The figures that a case has, in the order in which they first came."""
        found = [
            each for rounds in self.rounds.get(case, {}).values() for figures in rounds for each in figures
        ]
        return list(dict.fromkeys(found))
