"""A look at what an agent is about to read: what reads like an injected instruction is marked or kept out."""

from collections.abc import Sequence
from typing import Literal

from liteagent.contracts.documents import Passage
from liteagent.engine.agent.events import Flag, FlagSource
from liteagent.engine.agent.guards import Guards
from liteagent.engine.agent.injection import findings
from liteagent.engine.agent.untrusted import withheld

__all__ = ["flag_of", "looked_at_passages", "looked_at_text"]


def flag_of(text: str, source: FlagSource, name: str, guards: Guards) -> Flag | None:
    """What is found in a text, and what is done about it; None where nothing is."""
    found = None if guards.injection == "off" else findings(text)
    if found is None:
        return None
    action = "blocked" if guards.injection == "block" else "flagged"
    return Flag(source, name, found.score, found.patterns, action)


def looked_at_text(
    text: str, source: Literal["tool", "prefetch"], name: str, guards: Guards
) -> tuple[str, tuple[Flag, ...]]:
    """A tool's result as the model may read it, and what was found in it."""
    flag = flag_of(text, source, name, guards)
    if flag is None:
        return text, ()
    return (withheld(flag.patterns) if flag.action == "blocked" else text), (flag,)


def looked_at_passages(
    passages: Sequence[Passage], guards: Guards
) -> tuple[tuple[Passage, ...], tuple[Flag, ...]]:
    """The passages that the model may read, and what was found in any."""
    kept: list[Passage] = []
    flags: list[Flag] = []
    for passage in passages:
        flag = flag_of(passage.text, "passage", passage.document.name, guards)
        if flag is not None:
            flags.append(flag)
        if flag is None or flag.action == "flagged":
            kept.append(passage)
    return tuple(kept), tuple(flags)
