"""A projection to the few dimensions in which vectors differ most: what is near is near there too."""

from collections.abc import Sequence

import numpy as np

from liteagent.contracts.embedding import Vectors

__all__ = ["fit_projection", "projected_dimensions"]

_SAMPLE = 4_096
_ROUNDS = 3


def projected_dimensions(dimensions: int) -> int:
    """To how many dimensions vectors are projected; as many as they have means that it does not pay."""
    wanted = max(96, dimensions // 8)
    return wanted if wanted * 2 <= dimensions else dimensions


def fit_projection(parts: Sequence[Vectors]) -> Vectors:
    """An orthonormal basis, shape (dimensions, fewer), of the main directions of a sample of `parts`."""
    total = sum(map(len, parts))
    step = max(1, total // _SAMPLE)
    sample = np.concatenate([part[::step] for part in parts])
    dimensions = sample.shape[1]
    chance = np.random.default_rng(dimensions)  # the same rows give the same basis
    basis = chance.standard_normal((dimensions, projected_dimensions(dimensions))).astype(np.float32)
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(sample.T @ (sample @ basis))[0]
    return np.ascontiguousarray(basis, np.float32)
