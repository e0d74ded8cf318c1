"""Every failure of the OpenAI SDK, and of the server behind it, as one of ours; the table is `Failures`'.

A failure reported inside a stream is sorted by the status or type that it carries.
"""

import json
import re
import time
from collections.abc import Mapping
from typing import Final, cast

import httpx2
import openai

from liteagent.contracts.errors import ProviderError, ProviderTimeoutError
from liteagent.providers.vendors.failures import Failures, retry_after

__all__ = ["ErrorTranslator"]

_LONGEST_REFUSAL: Final = 20_000
_BY_TYPE: Final = {
    "authentication_error": 401,
    "bio_policy": 400,
    "context_length_exceeded": 400,
    "insufficient_quota": 429,
    "invalid_request_error": 400,
    "model_not_found": 404,
    "permission_error": 403,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
}
_REFUSED_INPUT: Final = re.compile(r"(invalid|image|unsupported|empty|failed_to_download)_")


class ErrorTranslator(Failures):
    """Makes our errors out of those of the SDK."""

    def reported(self, body: Mapping[str, object], partial: str) -> ProviderError:
        """A failure that came as a part of the answer, with `message`, `type` and `code`."""
        code, kind = str(body.get("code")), str(body.get("type"))
        by_name = _BY_TYPE.get(code) or _BY_TYPE.get(kind) or (400 if _REFUSED_INPUT.match(code) else 500)
        status = int(code) if re.fullmatch(r"[45][0-9][0-9]", code) else by_name
        return self.status(status, body, partial)

    def refusal(self, error: openai.APIStatusError) -> str:
        """What a server says in refusing a request, at length."""
        body = error.body
        said = json.dumps(body) if isinstance(body, Mapping | list) else str(body or "")
        return said[:_LONGEST_REFUSAL]

    def translated(self, error: Exception, partial: str) -> ProviderError | None:
        """Our error for one of the SDK or of what it stands on."""
        if isinstance(error, openai.APIStatusError):
            wait = retry_after(error.response.headers, time.time())
            return self.status(error.status_code, error.body, partial, wait)
        if isinstance(error, openai.APIConnectionError):
            return self.lost(error, partial)
        if isinstance(error, openai.APIResponseValidationError):
            return self.malformed("It does not fit the schema.", partial)
        if isinstance(error, openai.APIError):
            body = error.body
            told = cast("Mapping[str, object]", body) if isinstance(body, Mapping) else {"message": body}
            return self.reported(told, partial)
        if isinstance(error, openai.OpenAIError):
            return self.malformed(f"The client gave up ({type(error).__name__}).", partial)
        return super().translated(error, partial)

    def lost(self, error: Exception, partial: str) -> ProviderError:
        """There is no connection, or no more; the time that all of an answer may take is over."""
        if not isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
            return super().lost(error, partial)
        return ProviderTimeoutError(
            f"{self.where} did not answer within {self.timeout:g} s. Try again, or raise the timeout.",
            partial=partial,
        )
