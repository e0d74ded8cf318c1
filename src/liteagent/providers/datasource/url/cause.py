"""Why a URL is no document, in words for whoever reads the list of documents."""

from liteagent.contracts.datasource import Listed
from liteagent.contracts.errors import (
    DocumentUnreadableError,
    LiteAgentError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
)
from liteagent.contracts.fetch import FetchResponse
from liteagent.providers.datasource.patience import told_wait

__all__ = ["not_fetched", "of_status", "status_meaning", "unreadable"]

_MEANINGS = {
    401: "it wants a login. Only pages that are open to everybody can be read",
    403: "the site refuses to show it. Ask its owner to let the robot LiteAgent in",
    404: "it is not there. Check the address",
    410: "it was removed for good. Take it out of the source",
    429: "the site says that too much was asked of it. Set a longer `delay`, and index again later",
}


def unreadable(listed: Listed, why: str, **details: object) -> DocumentUnreadableError:
    """The error of one document; `why` ends without a full stop."""
    return DocumentUnreadableError(f"{listed.name}: {why}.", details={"name": listed.name, **details})


def not_fetched(listed: Listed, error: LiteAgentError) -> DocumentUnreadableError:
    """The error of one document that cannot be fetched, now or later."""
    cause = {"cause": error.error_code, **error.details}
    return DocumentUnreadableError(f"{listed.name}: {error.message}", details={**cause, "name": listed.name})


def of_status(listed: Listed, response: FetchResponse) -> LiteAgentError:
    """The error of one document whose response has a status outside of the 200s; some of them pass."""
    status = response.status
    message = f"{listed.name}: {status_meaning(status)}."
    details = {"name": listed.name, "status": status}
    if status == 429:
        return ProviderRateLimitedError(message, retry_after=told_wait(response.headers), details=details)
    if status == 408 or status >= 500:
        return ProviderUnavailableError(message, details=details)
    return DocumentUnreadableError(message, details=details)


def status_meaning(status: int) -> str:
    """What a status means for whoever wants to read, without a full stop."""
    if status in _MEANINGS:
        return _MEANINGS[status]
    if status >= 500:
        return f"the site answers with the status {status}, a failure of its own. Index again later"
    return f"the site answers with the status {status} instead of a page. Open the address in a browser"
