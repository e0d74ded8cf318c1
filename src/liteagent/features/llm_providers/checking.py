"""Testing a provider: can it be reached, does it know us, what does it offer, does it answer?"""

import time
from collections.abc import Sequence
from typing import Literal

from liteagent.contracts.errors import (
    LiteAgentError,
    ProviderAuthError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMRequest, ModelInfo, complete
from liteagent.contracts.messages import Message, Role
from liteagent.features.llm_providers.schemas import ProviderTest, TestStep

__all__ = ["check"]

_Name = Literal["connect", "auth", "models", "chat"]

_NAMES: tuple[_Name, ...] = ("connect", "auth", "models", "chat")
_SHOWN = 5
_QUESTION = LLMRequest((Message(Role.USER, "Answer with the word OK."),), max_output_tokens=64)
_FIXES: dict[_Name, str] = {
    "connect": "Check `base_url`, and that the server runs and can be reached from this machine.",
    "auth": "Enter the `api_key` again, and check that it may use this model.",
    "models": "It lists no models. That does no harm if it answers; else check `base_url`.",
    "chat": "Check `model_name` against GET /api/providers/{id}/models, and what the error says.",
}
_WAIT = "The provider asks for a pause. Wait, or raise its limits, then test again."


async def check(llm: LLM) -> ProviderTest:
    """How the four steps went; a failure is a result, not an error."""
    checking = _Checking(llm)
    started = time.monotonic()
    if await checking.list_models():
        await checking.ask()
    return checking.result(round((time.monotonic() - started) * 1000))


class _Checking:
    def __init__(self, llm: LLM) -> None:
        self._llm = llm
        self._ok: dict[_Name, bool] = {}
        self._errors: dict[_Name, LiteAgentError] = {}
        self._fixes: dict[_Name, str] = {}
        self._model = llm.model
        self._answer: str | None = None

    async def list_models(self) -> bool:
        """Whether to go on."""
        try:
            models = await self._llm.models()
        except (ProviderUnavailableError, ProviderTimeoutError) as error:
            return self._failed("connect", error)
        except ProviderAuthError as error:
            return self._failed("auth", error)
        except ProviderRateLimitedError as error:
            self._ok["auth"] = True
            self._fixes["models"] = _WAIT
            return self._failed("models", error)
        except LiteAgentError as error:
            self._failed("models", error)
            return True
        self._ok |= {"connect": True, "auth": True, "models": True}
        self._look_for_model(models)
        return True

    async def ask(self) -> None:
        try:
            response = await complete(self._llm, _QUESTION)
        except ProviderAuthError as error:
            self._failed("auth", error)
        except LiteAgentError as error:
            if isinstance(error, ProviderRateLimitedError):
                self._fixes["chat"] = _WAIT
            self._failed("chat", error)
        else:
            self._ok |= {"connect": True, "auth": True, "chat": True}
            self._model = response.model or self._model
            self._answer = response.message.content[:500]

    def result(self, latency_ms: int) -> ProviderTest:
        ok = self._ok.get("chat", False)
        failed = next((self._errors[name] for name in reversed(_NAMES) if name in self._errors), None)
        return ProviderTest(
            ok=ok,
            model=self._model,
            latency_ms=latency_ms,
            answer=self._answer,
            error=None if ok or failed is None else dict(failed.to_json()),
            steps=[self._step(name) for name in _NAMES],
        )

    def _look_for_model(self, models: Sequence[ModelInfo]) -> None:
        names = [model.id for model in models]
        if names and self._llm.model not in names:
            self._ok["models"] = False
            shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
            self._fixes["models"] = f"It does not list {self._llm.model!r}. It lists: {shown}."

    def _failed(self, name: _Name, error: LiteAgentError) -> bool:
        if name != "connect":
            self._ok["connect"] = True
        self._ok[name] = False
        self._errors[name] = error
        return False

    def _step(self, name: _Name) -> TestStep:
        ok, error = self._ok.get(name), self._errors.get(name)
        fix = None if ok is not False else self._fixes.get(name, _FIXES[name])
        return TestStep(name=name, ok=ok, error=None if error is None else dict(error.to_json()), fix=fix)
