r"""Text off the wire, made fit to be kept: what a journal cannot save is replaced.

A JSON string may hold half a surrogate pair (`"\ud83d"`) and NUL, and servers that cut text into pieces by
UTF-16 units do send halves. Neither can be written as UTF-8 or into a database. Halves that belong together
are joined, also across pieces; what stays alone, and NUL, becomes U+FFFD, the replacement character.
"""

from collections.abc import Mapping
from typing import cast

from liteagent.contracts.json import JsonValue

__all__ = ["PiecewiseText", "well_formed", "well_formed_json"]

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def well_formed(text: str) -> str:
    r"""`text` with surrogate pairs joined, and lone surrogates and NUL replaced by U+FFFD.

    >>> well_formed("a\ud83d\ude00b") == "a\N{GRINNING FACE}b"
    True
    """
    text = text.replace("\0", _REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def well_formed_json(value: object) -> JsonValue:
    """What JSON held, with every text in it made well-formed; its nesting must be shallow."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {well_formed(name): well_formed_json(each) for name, each in fields.items()}
    if isinstance(value, list):
        return [well_formed_json(each) for each in cast("list[object]", value)]
    return cast("JsonValue", value)


class PiecewiseText:
    """Text that arrives in pieces, each made well-formed without breaking a pair that spans two of them."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._held = ""

    @property
    def text(self) -> str:
        """Everything handed out so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def feed(self, piece: str) -> str:
        """The part of the text that is certain after `piece`."""
        text = self._held + piece
        self._held = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return self._hand_out(text[: len(text) - len(self._held)])

    def end(self) -> str:
        """What was held back for a second half that has not come."""
        held, self._held = self._held, ""
        return self._hand_out(held)

    def _hand_out(self, text: str) -> str:
        ready = well_formed(text)
        if ready:
            self._pieces.append(ready)
        return ready
