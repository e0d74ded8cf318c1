"""`agent`: a turn of an agent, as a run of its own inside the run."""

from functools import cached_property
from typing import Any, Self, cast

from pydantic import Field, model_validator

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.runs.protocol import Program
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, NodeKind, Outcome, ProgramHandler, Scope
from liteagent.engine.workflow.nodes.answer_format import AnswerFormat, UnfitError
from liteagent.engine.workflow.nodes.fields import template_of
from liteagent.engine.workflow.services import Services

__all__ = ["AGENT", "AgentConfig"]


class AgentConfig(Config):
    """Which agent, and what it is told."""

    purpose: str | None = Field(
        default=None, min_length=1, description="What an agent of this node's own is for, in plain language."
    )
    agent: str | None = Field(
        default=None, min_length=1, description="Slug of the agent to take instead, as it is set up."
    )
    input: str = Field(
        default="{{ output }}",
        min_length=1,
        description="What the agent is told. May contain {{ expressions }}.",
    )
    output: JsonObject | None = Field(
        default=None, description="JSON Schema of the output; any text where left out."
    )
    provider: str | None = Field(
        default=None,
        description="Model provider of an agent of this node's own; the default one if left out.",
    )
    model: str | None = Field(default=None, description="Its model; the provider's where left out.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Its temperature; the provider's where left out."
    )
    max_output_tokens: int | None = Field(
        default=None, ge=1, description="How long each of its answers may be."
    )
    max_steps: int | None = Field(default=None, ge=1, description="How often it may call its model.")

    @model_validator(mode="after")
    def _one_agent(self) -> Self:
        if (self.purpose is None) == (self.agent is None):
            raise ValueError("give either `purpose`, for an agent of this node's own, or `agent`")
        if self.agent is not None and (own := sorted(self.own)):
            raise ValueError(f"`{own[0]}` belongs to the agent {self.agent!r}; change it there")
        return self

    @property
    def own(self) -> JsonObject:
        """What is set for an agent of this node's own."""
        names = ("purpose", "provider", "model", "temperature", "max_output_tokens", "max_steps")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class _AgentHandler(ProgramHandler):
    def __init__(self, config: AgentConfig, compiling: Compiling) -> None:
        self._services = compiling.services
        given: JsonObject = config.own if config.agent is None else {"agent": config.agent}
        self._pin = compiling.pins.get(compiling.node.id, given)
        self._input = template_of("input", config.input)
        self._format = AnswerFormat(config.output)
        self.names = self._input.names

    @cached_property
    def _program(self) -> Program[Any]:
        opened = Services.required(
            self._services.agent, "agent", "Give `Services(agent=...)`, or start the flow on a server."
        )
        return opened(self._pin)

    def program(self) -> Program[Any]:
        return self._program

    def start(self, scope: Scope) -> JsonObject:
        self.program()  # a node without an agent fails here, and not while its events are folded
        told = (self._input.render(scope), self._format.instruction)
        message = "\n\n".join(filter(None, told))
        return {"inputs": {"message": message, "history": []}, "definition": {}}

    def outcome(self, outputs: JsonObject, usage: JsonObject | None) -> Outcome:
        """The outcome.

        Raises:
            ToolError: `output_invalid`: the answer does not fit the schema of `output`.
        """
        message = cast("JsonObject", outputs.get("message") or {})
        return Outcome(self._read(str(message.get("content", ""))), detail=_sources(message), usage=usage)

    def _read(self, text: str) -> JsonValue:
        try:
            return self._format.read(text)
        except UnfitError as error:
            raise ToolError(
                f"The agent's answer cannot be used. {error} Say in its purpose what to answer, or let the "
                "node try again.",
                code="output_invalid",
            ) from None


def _sources(message: JsonObject) -> JsonObject | None:
    """What the answer rests on."""
    return {"citations": message["citations"]} if message.get("citations") else None


def _output(config: AgentConfig) -> JsonObject:
    return {"type": "string"} if config.output is None else config.output


AGENT = NodeKind(
    type="agent",
    summary="Gives an agent a turn: it may call its tools, and ask a person.",
    config=AgentConfig,
    make=_AgentHandler,
    output=_output,
    group="model",
)
