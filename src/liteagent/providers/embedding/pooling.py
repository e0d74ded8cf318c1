"""From the vectors of tokens to that of their text."""

import numpy as np
import numpy.typing as npt

from liteagent.providers.embedding.model_folder import Pooling

__all__ = ["pooled"]


def pooled(
    hidden: npt.NDArray[np.float32], mask: npt.NDArray[np.int64], pooling: Pooling
) -> npt.NDArray[np.float32]:
    """(texts, tokens, width) to (texts, width): the first token, or the mean of those that are no padding."""
    if pooling == "cls":
        return hidden[:, 0]
    weights = mask.astype(np.float32)[:, :, None]
    return (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
