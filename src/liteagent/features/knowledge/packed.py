"""Vectors as the database keeps them: digests of what was embedded, and a row of floats for each."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liteagent.contracts.embedding import Vectors

__all__ = ["KEY_BYTES", "PackedVectors", "key_of"]

KEY_BYTES = 16


def key_of(text: str) -> bytes:
    """16 bytes that stand for a text that was embedded."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


@dataclass(frozen=True, slots=True, eq=False)
class PackedVectors:
    """Vectors by key, each key once.

    Attributes:
        keys: `KEY_BYTES` for each vector.
        data: As many rows of 32-bit floats, little endian; all rows are of the same length.
    """

    keys: bytes = field(default=b"", repr=False)
    data: bytes = field(default=b"", repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.keys) // KEY_BYTES

    @classmethod
    def of(cls, keys: Sequence[bytes], vectors: Vectors) -> "PackedVectors":
        """The packed form of as many keys as vectors; of a key that is there twice the first counts."""
        places = list({key: place for place, key in reversed(list(enumerate(keys)))}.values())
        kept = np.ascontiguousarray(vectors[places], dtype="<f4") if places else np.empty(0, "<f4")
        return cls(b"".join(keys[place] for place in places), kept.tobytes())

    @classmethod
    def joined(cls, parts: Iterable["PackedVectors"]) -> "PackedVectors":
        """All of several; of a key that is there twice the first counts."""
        some = [part for part in parts if len(part)]
        if len(some) <= 1:
            return some[0] if some else cls()
        keys = [key for part in some for key in part.places()]
        return cls.of(keys, np.concatenate([part.matrix() for part in some]))

    def places(self) -> Mapping[bytes, int]:
        """Which row each key has."""
        return {self.keys[place * KEY_BYTES : (place + 1) * KEY_BYTES]: place for place in range(len(self))}

    def matrix(self) -> Vectors:
        """The vectors, shape (keys, dimensions); a view of `data`."""
        flat: np.ndarray[Any, np.dtype[np.float32]] = np.frombuffer(self.data, "<f4")
        return flat.reshape(len(self), -1) if len(self) else flat.reshape(0, 0)

    def only(self, keys: Iterable[bytes]) -> "PackedVectors":
        """Those of some keys; keys that are unknown are left out."""
        places = self.places()
        wanted = [key for key in dict.fromkeys(keys) if key in places]
        return (
            PackedVectors.of(wanted, self.matrix()[[places[key] for key in wanted]])
            if wanted
            else PackedVectors()
        )
