"""The bases of every request and response model, and the kinds of text that they hold.

A request is read strictly: unknown fields and values of another type are refused. Strict validation refuses
text for an enumeration or a time, so a request declares a `Literal` for the first and `Strict(False)` for the
second.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

__all__ = ["Body", "Identifier", "Name", "NotBlank", "Prose", "Text", "View", "http_url"]


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class View(BaseModel):
    """What a response shows; made from a row with `model_validate(row)`."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must contain more than white space")
    return text


NotBlank = AfterValidator(_not_blank)
"""For a text with a length of its own: more than white space."""


def http_url(field: str, instead: str) -> AfterValidator:
    """For the address of a service, which everybody is shown: http or https, a host, and no password.

    Args:
        field: What it is called in the body, for messages.
        instead: What to do in place of a password in it.
    """

    def check(url: str) -> str:
        scheme, separator, rest = url.partition("://")
        known = separator and scheme.lower() in ("http", "https")
        if not known or not rest or any(character.isspace() for character in url):
            raise ValueError(f"{field} starts with http:// or https:// and has a host")
        if "@" in rest.partition("/")[0]:
            raise ValueError(f"{field} is shown to everybody, so it holds no password; {instead}")
        return url

    return AfterValidator(check)


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), NotBlank]
"""What something is called: 1 to 200 characters, not only white space."""

Prose = Annotated[str, StringConstraints(max_length=100_000)]
"""Text that may be empty: a description, a prompt."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000), NotBlank]
"""Text that must say something: a message, a question."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""An id inside a body; one that does not exist is the service's business."""
