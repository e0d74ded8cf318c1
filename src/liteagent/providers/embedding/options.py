"""What `EmbedderConfig.options` says, read strictly: a name that nobody reads is an error."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import orjson

from liteagent.contracts.embedding import EmbedderConfig, EmbedderLimits, TextKind
from liteagent.contracts.errors import InvalidInputError

__all__ = ["Options", "identity"]


class Options:
    """The options of one embedder; read them, then `finish`.

    Args:
        vendor: For messages.
        config: Holds them.
    """

    def __init__(self, vendor: str, config: EmbedderConfig) -> None:
        self._vendor = vendor
        self._left: dict[str, object] = dict(config.options)

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        value = self._left.pop(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def choice(self, name: str, *allowed: str) -> str:
        """One of some strings; the first of them where it is not given."""
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise self._wrong(name, "one of " + ", ".join(allowed))
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def count(self, name: str, default: int) -> int:
        """A whole number above 0."""
        value = self._left.pop(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(name, "a whole number above 0")
        return value

    def object(self, name: str) -> dict[str, object]:
        """A JSON object."""
        value = self._left.pop(name, {})
        if not isinstance(value, Mapping):
            raise self._wrong(name, "an object")
        return dict(cast("Mapping[str, object]", value))

    def prefixes(self) -> dict[TextKind, str]:
        """`query_prefix` and `passage_prefix`: what is put before a text, for models that were trained so."""
        return {"query": self.text("query_prefix"), "passage": self.text("passage_prefix")}

    def limits(self, default: EmbedderLimits) -> EmbedderLimits:
        """`batch_texts`, `batch_characters` and `text_characters` in place of the vendor's."""
        return replace(
            default,
            texts=self.count("batch_texts", default.texts),
            characters=self.count("batch_characters", default.characters),
            text_characters=self.count("text_characters", default.text_characters),
        )

    def finish(self) -> None:
        """Every option has been read.

        Raises:
            InvalidInputError: One has not; it is named.
        """
        if self._left:
            names = ", ".join(sorted(map(repr, self._left)))
            raise InvalidInputError(f"The embedder {self._vendor!r} has no option {names}.")

    def _wrong(self, name: str, wanted: str) -> InvalidInputError:
        return InvalidInputError(f"The option {name!r} of the embedder {self._vendor!r} must be {wanted}.")


def identity(vendor: str, config: EmbedderConfig, changes: Mapping[str, object]) -> str:
    """The embedder's `model`: vendor, model, dimensions, and a short hash of what else changes its vectors.

    Raises:
        InvalidInputError: The model has no name, or the dimensions are no number above 0.
    """
    if not config.model.strip():
        raise InvalidInputError(f"The embedder {vendor!r} needs a model name, as its server spells it.")
    if config.dimensions is not None and config.dimensions < 1:
        raise InvalidInputError("dimensions must be a whole number above 0.")
    parts = [vendor, config.model] + ([str(config.dimensions)] if config.dimensions else [])
    relevant = {name: value for name, value in changes.items() if value}
    if not relevant:
        return "/".join(parts)
    code = hashlib.sha256(orjson.dumps(relevant, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{'/'.join(parts)}+{code[:8]}"
