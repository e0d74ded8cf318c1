"""The error tree: every failure that leaves LiteAgent is one of these.

    LiteAgentError
    ├── InvalidInputError 422 ── PayloadTooLargeError 413 · DocumentUnreadableError 422
    ├── NotAuthenticatedError 401 · NotPermittedError 403
    ├── NotFoundError 404
    ├── ConflictError 409 ── FencedError 409
    ├── ConfigurationError 503
    ├── ProviderError 502 ── ProviderUnavailableError · ProviderTimeoutError · ProviderRateLimitedError
    │                        ProviderAuthError · ProviderRequestError · ProviderResponseError
    ├── ToolError 502
    └── RunFailedError 500 ── BudgetExceededError 429

`code` is stable and meant for programs, `message` says what to do next, `status` is the HTTP status.
Foreign exceptions are translated where they enter (a vendor's SDK, a driver, a parser), never further up.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

__all__ = [
    "BudgetExceededError",
    "ConfigurationError",
    "ConflictError",
    "DocumentUnreadableError",
    "FencedError",
    "InvalidInputError",
    "LiteAgentError",
    "NotAuthenticatedError",
    "NotFoundError",
    "NotPermittedError",
    "PayloadTooLargeError",
    "ProviderAuthError",
    "ProviderError",
    "ProviderRateLimitedError",
    "ProviderRequestError",
    "ProviderResponseError",
    "ProviderTimeoutError",
    "ProviderUnavailableError",
    "RunFailedError",
    "ToolError",
]


class LiteAgentError(Exception):
    """A failure with a stable `code`, an HTTP `status` and a message that says what to do next.

    Args:
        message: One or two sentences for a person; no secrets, no stack, no SQL.
        code: Overrides the class's code where one class serves several nouns (`agent_not_found`).
        details: JSON-ready facts for programs.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.details: dict[str, Any] = dict(details or {})

    def to_json(self) -> dict[str, Any]:
        """The error as it stands in journals and responses: `{code, message, details}`."""
        return {"code": self.error_code, "message": self.message, "details": self.details}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LiteAgentError":
        """The error that `to_json` wrote, of the class whose code it carries where there is one."""
        code = str(data.get("code", cls.code))
        found = next((each for each in _tree(LiteAgentError) if each.code == code), RunFailedError)
        error = found(str(data.get("message", "")), details=data.get("details") or {})
        error.error_code = code
        return error


class InvalidInputError(LiteAgentError):
    """What was sent cannot be used as it is."""

    code = "invalid_request"
    status = 422


class PayloadTooLargeError(InvalidInputError):
    """A body, file or value is over its limit."""

    code = "payload_too_large"
    status = 413


class DocumentUnreadableError(InvalidInputError):
    """One document cannot be turned into text; the others go on."""

    code = "document_unreadable"


class NotAuthenticatedError(LiteAgentError):
    """No credentials, or ones that do not hold."""

    code = "not_authenticated"
    status = 401


class NotPermittedError(LiteAgentError):
    """The principal is known and may not do this."""

    code = "not_permitted"
    status = 403


class NotFoundError(LiteAgentError):
    """There is no such thing in the principal's workspace."""

    code = "not_found"
    status = 404


class ConflictError(LiteAgentError):
    """The thing is in a state that does not allow this."""

    code = "conflict"
    status = 409


class FencedError(ConflictError):
    """Another worker has appended to this run first; nothing was written and this worker must stop."""

    code = "run_fenced"


class ConfigurationError(LiteAgentError):
    """The installation lacks something; the message names the setting or the package."""

    code = "not_configured"
    status = 503


class ProviderError(LiteAgentError):
    """A vendor's service failed. `partial` is the text that had arrived before it did; `retry_after` is in
    seconds, and in the details too, so that it survives the journal.
    """

    code = "provider_error"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        partial: str = "",
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        waiting = {} if retry_after is None else {"retry_after": retry_after}
        super().__init__(message, details={**(details or {}), **waiting})
        self.partial = partial

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before trying again, where the vendor said so."""
        seconds = self.details.get("retry_after")
        return seconds if isinstance(seconds, int | float) else None


class ProviderUnavailableError(ProviderError):
    """The provider cannot be reached, answered 5xx, or broke off its answer."""

    code = "provider_unavailable"


class ProviderTimeoutError(ProviderError):
    """The provider did not answer in time."""

    code = "provider_timeout"
    status = 504


class ProviderRateLimitedError(ProviderError):
    """The provider answered 429; `retry_after` is in seconds where it said so."""

    code = "provider_rate_limited"
    status = 503


class ProviderAuthError(ProviderError):
    """The provider refused the key."""

    code = "provider_auth_failed"


class ProviderRequestError(ProviderError):
    """The provider refused the request: unknown model, context too long, unsupported option."""

    code = "provider_refused"


class ProviderResponseError(ProviderError):
    """The provider's answer is not what its protocol promises."""

    code = "provider_bad_response"


class ToolError(LiteAgentError):
    """A tool could not do what was asked; the model is told and may try something else."""

    code = "tool_failed"
    status = 502


class RunFailedError(LiteAgentError):
    """A run ended in failure."""

    code = "run_failed"


class BudgetExceededError(RunFailedError):
    """A run has used what it was allowed to."""

    code = "budget_exceeded"
    status = 429


def _tree(root: type[LiteAgentError]) -> Iterator[type[LiteAgentError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)
