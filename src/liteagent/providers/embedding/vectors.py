"""Vectors out of a vendor's answer, checked: as many as texts, all of one width, finite, of length 1."""

import base64
import binascii
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors

__all__ = ["MalformedVectorsError", "VectorReader", "unit"]


class MalformedVectorsError(Exception):
    """The answer holds something else than the vectors that were asked for; the text says what."""


class VectorReader:
    """Makes `Vectors` out of rows of numbers, and sees to it that their width never changes.

    Args:
        dimensions: The width that was asked for; None takes that of the first answer.
    """

    def __init__(self, dimensions: int | None = None) -> None:
        self._asked = dimensions
        self._width = dimensions

    @property
    def width(self) -> int:
        """Numbers in a vector; 0 as long as that isn't known."""
        return self._width or 0

    def read(self, rows: Sequence[object], count: int) -> Vectors:
        """`count` unit vectors; a row is a list of numbers, or base64 of little-endian float32.

        Raises:
            MalformedVectorsError: It is none of that, or of another number or width.
        """
        if len(rows) != count:
            raise MalformedVectorsError(f"It holds {len(rows)} vectors for {count} texts.")
        packed = any(isinstance(row, str) for row in rows)
        matrix = _unpacked(rows) if packed else _matrix(rows)
        self._check_width(matrix.shape[1])
        if not np.isfinite(matrix).all():
            raise MalformedVectorsError("It holds a vector with numbers that are not finite.")
        self._width = matrix.shape[1]
        return unit(matrix)

    def _check_width(self, width: int) -> None:
        if width == (self._width or width):
            return
        if self._asked is not None:
            raise MalformedVectorsError(
                f"Its vectors have {width} dimensions, not the {self._asked} that were asked for. "
                "Leave out `dimensions`, or ask for what the model has."
            )
        raise MalformedVectorsError(
            f"Its vectors have {width} dimensions, those before had {self._width}: "
            "the server answers with another model."
        )


def unit(matrix: npt.NDArray[np.float32]) -> Vectors:
    """Each row divided by its length; a row of zeros stays one."""
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64, casting="safe"))
    lengths[lengths == 0] = 1.0
    return np.ascontiguousarray(matrix / lengths[:, None], dtype=np.float32)


def _matrix(rows: Sequence[object]) -> npt.NDArray[np.float32]:
    if not all(isinstance(row, list) for row in rows):
        raise MalformedVectorsError("It holds a vector that is no list of numbers.")
    try:
        found = np.array(rows)
    except (ValueError, OverflowError):
        raise MalformedVectorsError("Its vectors are not all of one width.") from None
    if found.ndim != 2 or found.shape[1] == 0 or found.dtype.kind not in "fiu":
        raise MalformedVectorsError("It holds a vector that is no list of numbers.")
    with np.errstate(over="ignore"):
        return found.astype(np.float32)


def _unpacked(rows: Sequence[object]) -> npt.NDArray[np.float32]:
    try:
        packed = [base64.b64decode(cast("str", row), validate=True) for row in rows]
    except (TypeError, ValueError, binascii.Error):
        raise MalformedVectorsError("It holds a vector that is no base64.") from None
    width = len(packed[0])
    if width == 0 or width % 4 or any(len(row) != width for row in packed):
        raise MalformedVectorsError("Its vectors are not all of one width.")
    return np.frombuffer(b"".join(packed), dtype="<f4").reshape(len(packed), -1).astype(np.float32)
