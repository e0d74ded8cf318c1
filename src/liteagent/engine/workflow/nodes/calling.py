"""One call of a model from a node, asked once more where the answer cannot be used."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from liteagent.contracts.errors import ProviderResponseError, ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.llm import (
    LLM,
    LLMRequest,
    LLMResponse,
    ReasoningDelta,
    TextDelta,
    Usage,
    consumption,
)
from liteagent.contracts.messages import Message, Role
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, Names, Outcome
from liteagent.engine.workflow.nodes.answer_format import UnfitError
from liteagent.engine.workflow.services import Services

__all__ = ["ModelCall", "ModelConfig", "Question", "reads_secrets", "shortened"]

_TRIES = 2
_SHOWN = 2_000


class ModelConfig(Config):
    """Which model a node calls, and how."""

    provider: str | None = Field(
        default=None, description="Name or id of the model provider; the default one where left out."
    )
    model: str | None = Field(default=None, description="Name of the model; the provider's where left out.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 for the likeliest words; the provider's where left out."
    )
    max_output_tokens: int | None = Field(
        default=None, ge=1, description="How long the answer may be; the provider's limit where left out."
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked.

    Attributes:
        prompt: The user's part.
        read: Makes a value of the answer's text; raises UnfitError.
        system: The system's part; empty leaves it out.
        emit: Takes live text; None where the answer is not for people.
        otherwise: `(value,)` to take where the model gives no usable answer; None fails then.
    """

    prompt: str
    read: Callable[[str], JsonValue]
    system: str = ""
    emit: Callable[[str], None] | None = None
    otherwise: tuple[JsonValue] | None = None

    def messages(self) -> tuple[Message, ...]:
        """The conversation that it begins."""
        system = (Message(Role.SYSTEM, self.system),) if self.system else ()
        return (*system, Message(Role.USER, self.prompt))


@dataclass(frozen=True, slots=True)
class _Spent:
    usage: Usage = field(default_factory=Usage)
    cost: float = 0.0
    unpriced: int = 0

    def after(self, response: LLMResponse) -> "_Spent":
        """With what one more call consumed."""
        usage = self.usage + response.usage
        if response.cost is None:
            return _Spent(usage, self.cost, self.unpriced + 1)
        return _Spent(usage, self.cost + response.cost, self.unpriced)

    @property
    def told(self) -> JsonObject:
        """As it stands in the journal."""
        return consumption(self.usage, self.cost, self.unpriced)


class ModelCall:
    """Calls the model of one node.

    Args:
        config: The node's.
        compiling: What the node is made from; a pin of its own comes before its `provider` and `model`.
        names: What its prompts read; with a secret among them they are shown to nobody.
    """

    def __init__(self, config: ModelConfig, compiling: Compiling, names: Names) -> None:
        self._config = config
        self._services = compiling.services
        self._pin = compiling.pins.get(compiling.node.id, _pin(config))
        self._hidden = reads_secrets(names)

    async def ask(self, question: Question) -> Outcome:
        """Ask, and once more where the answer is of no use.

        Raises:
            ConfigurationError: There are no models.
            ProviderError: The vendor's failure, with the text so far.
            ToolError: `output_invalid`: no answer was of use; `details["usage"]` is what it cost.
        """
        open_model = Services.required(
            self._services.model, "model", "Add a model provider, or give `Services(model=...)`."
        )
        llm = open_model(self._pin)
        messages, spent, problem = question.messages(), _Spent(), ""
        for attempt in range(1, _TRIES + 1):
            response = await self._response(llm, messages, question.emit)
            spent = spent.after(response)
            try:
                value = question.read(response.message.content)
            except UnfitError as error:
                problem = _problem(error, response)
                messages = (*messages, *_again(response, problem))
            else:
                return Outcome(value, detail=self._detail(llm, question, attempt), usage=spent.told)
        if question.otherwise is not None:
            detail = {**self._detail(llm, question, _TRIES), "problem": problem}
            return Outcome(question.otherwise[0], detail=detail, usage=spent.told)
        raise _unusable(llm.model, problem, spent)

    async def _response(
        self, llm: LLM, messages: Sequence[Message], emit: Callable[[str], None] | None
    ) -> LLMResponse:
        request = LLMRequest(
            tuple(messages),
            temperature=self._config.temperature,
            max_output_tokens=self._config.max_output_tokens,
        )
        heard: list[str] = []
        response: LLMResponse | None = None
        async for item in llm.stream(request):
            match item:
                case TextDelta(text):
                    heard.append(text)
                    if emit is not None:
                        emit(text)
                case ReasoningDelta():
                    pass
                case LLMResponse():
                    response = item
        if response is None:
            raise ProviderResponseError(
                f"The model {llm.model!r} stopped without finishing its answer. Try again.",
                partial="".join(heard),
            )
        return response

    def _detail(self, llm: LLM, question: Question, attempts: int) -> dict[str, Any]:
        detail: dict[str, Any] = {"model": llm.model, "attempts": attempts}
        if not self._hidden:
            detail["prompt"] = shortened(question.prompt)
        return detail


def reads_secrets(names: Names) -> bool:
    """Whether what reads these names may hold a secret, so that nobody is shown it."""
    return any(name[0] == "secrets" for name in names)


def shortened(text: str, limit: int = _SHOWN) -> str:
    """`text` in at most `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _pin(config: ModelConfig) -> JsonObject | None:
    named = {"provider": config.provider, "model": config.model}
    return {key: value for key, value in named.items() if value is not None} or None


def _problem(error: UnfitError, response: LLMResponse) -> str:
    cut = " It was cut off: raise max_output_tokens." if response.finish_reason == "length" else ""
    return f"{error}{cut}"


def _again(response: LLMResponse, problem: str) -> tuple[Message, ...]:
    text = response.message.content
    said = (Message(Role.ASSISTANT, text),) if text.strip() else ()  # vendors refuse empty messages
    return *said, Message(Role.USER, f"That cannot be used. {problem} Answer again, with the answer only.")


def _unusable(model: str, problem: str, spent: "_Spent") -> ToolError:
    return ToolError(
        f"The model {model!r} gave no usable answer in {_TRIES} tries. {problem} Ask it more precisely, or "
        "take a stronger model.",
        code="output_invalid",
        details={"usage": spent.told},
    )
