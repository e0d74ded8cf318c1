"""Which Python runs which engine: ours is this one, the peers have environments of their own.

The dependency groups `peers-engine` and `peers-graphon` of pyproject.toml name the peers; graphon stands
apart because it needs Python 3.12.
"""

from benchmarks.comparing.interpreters import OURS, RUNNING, Environment

__all__ = ["environments"]

environments = {
    "ours": OURS,
    "peers": Environment("peers", "peers-engine", RUNNING),
    "graphon": Environment("graphon", "peers-graphon", "3.12"),
}
"""By name."""
