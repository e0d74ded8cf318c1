"""`llm`: one call of a model; the answer is text, or a value of a JSON Schema."""

from pydantic import Field

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.handler import (
    Compiling,
    EffectHandler,
    NodeContext,
    NodeKind,
    Outcome,
    Scope,
)
from liteagent.engine.workflow.nodes.answer_format import AnswerFormat
from liteagent.engine.workflow.nodes.calling import ModelCall, ModelConfig, Question
from liteagent.engine.workflow.nodes.fields import template_of

__all__ = ["LLM", "LLMNodeConfig"]


class LLMNodeConfig(ModelConfig):
    """What a model is asked."""

    prompt: str = Field(min_length=1, description="What the model is asked. May contain {{ expressions }}.")
    system: str = Field(
        default="", description="What the model is told of its part. May contain {{ expressions }}."
    )
    output: JsonObject | None = Field(
        default=None, description="JSON Schema of the output; any text where left out."
    )


class _LLMHandler(EffectHandler):
    safety = Safety.SAFE

    def __init__(self, config: LLMNodeConfig, compiling: Compiling) -> None:
        self._prompt = template_of("prompt", config.prompt)
        self._system = template_of("system", config.system)
        self._format = AnswerFormat(config.output)
        self.names = self._prompt.names | self._system.names
        self._call = ModelCall(config, compiling, self.names)

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        told = (self._system.render(scope).strip(), self._format.instruction)
        return await self._call.ask(
            Question(
                prompt=self._prompt.render(scope),
                system="\n\n".join(filter(None, told)),
                read=self._format.read,
                emit=context.emit if self._format.is_text else None,
            )
        )


def _output(config: LLMNodeConfig) -> JsonObject:
    return {"type": "string"} if config.output is None else config.output


LLM = NodeKind(
    type="llm",
    summary="Asks a model once.",
    config=LLMNodeConfig,
    make=_LLMHandler,
    output=_output,
    group="model",
)
