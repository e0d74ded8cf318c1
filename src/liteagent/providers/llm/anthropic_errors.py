"""Failures of the Anthropic SDK, and of the server behind it, as ours."""

import time
from collections.abc import Mapping
from typing import Final, cast

import anthropic

from liteagent.contracts.errors import ProviderError
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.failures import Failures, retry_after

__all__ = ["AnthropicFailures"]

_BY_TYPE: Final = {
    "api_error": 500,
    "authentication_error": 401,
    "billing_error": 402,
    "conflict_error": 409,
    "invalid_request_error": 400,
    "not_found_error": 404,
    "overloaded_error": 529,
    "permission_error": 403,
    "rate_limit_error": 429,
    "request_too_large": 413,
    "timeout_error": 504,
}


class AnthropicFailures(Failures):
    """Makes our errors out of those of the SDK, too.

    Args:
        endpoint: Where the service is.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint, "Anthropic's", root="Check that base_url is the API's root, without /v1.")

    def translated(self, error: Exception, partial: str) -> ProviderError | None:
        """Our error for a foreign one."""
        if isinstance(error, anthropic.APIStatusError):
            wait = retry_after(error.response.headers, time.time())
            return self.status(_status(error), error.body, partial, wait)
        if isinstance(error, anthropic.APITimeoutError):
            return self.lost(TimeoutError(), partial)
        if isinstance(error, anthropic.APIConnectionError):
            return self.lost(error, partial)
        if isinstance(error, anthropic.APIResponseValidationError):
            return self.malformed("It does not fit the schema.", partial)
        if isinstance(error, anthropic.AnthropicError):
            return self.malformed(f"The client gave up ({type(error).__name__}).", partial)
        return super().translated(error, partial)


def _status(error: anthropic.APIStatusError) -> int:
    """The status; that of its type where it came as an event of a stream that had begun well."""
    if error.status_code >= 300:
        return error.status_code
    body = _fields(error.body)
    kind = (_fields(body.get("error")) or body).get("type")
    return _BY_TYPE.get(str(kind), 500)


def _fields(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
