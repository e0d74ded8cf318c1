"""What an agent's texts are watched for, as plain data that a run pins."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Guards", "InjectionMode"]

InjectionMode: TypeAlias = Literal["flag", "block", "off"]
"""What is done about a text that reads like an injected instruction: marked, kept out, not looked at."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What is looked for in what an agent hears and says. None of it is the boundary: what an agent can do is
    what its tools and their approvals allow.

    Attributes:
        injection: `flag` notes a score in the journal; `block` also keeps the text from the model.
        secrets: Whether texts that have the shape of a key are taken out of what the agent says.
        canary: Stands in the system prompt and must not come out: an answer ends where it would begin.
        hooks: Names of guardrails that see what the user says and what the agent is about to answer.
    """

    injection: InjectionMode = "flag"
    secrets: bool = True
    canary: str = ""
    hooks: tuple[str, ...] = ()
