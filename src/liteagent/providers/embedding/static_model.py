"""Static embeddings: a table with a vector for each token, and a text is the mean of its tokens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.model_folder import ModelFolder
from liteagent.providers.embedding.token_reader import TokenReader

__all__ = ["StaticModel"]


class StaticModel:
    """Reads what Model2Vec, WordLlama and Sentence Transformers' StaticEmbedding write.

    Args:
        folder: Where the tokenizer is.
        tensors: The table (`embeddings` or `embedding.weight`), with `weights` and `mapping` where there are.
    """

    def __init__(self, folder: ModelFolder, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        table = tensors.get("embeddings", tensors.get("embedding.weight"))
        if table is None or table.ndim != 2:
            raise ConfigurationError(f"{folder.weights} holds no table of embeddings.")
        self._table = table
        self._weights = tensors.get("weights")
        self._mapping = tensors.get("mapping")
        self._read = TokenReader(folder.tokenizer, 0, special=False)

    def encode(self, texts: Sequence[str], checkpoint: Callable[[], None]) -> Vectors:
        """A row for each text, of any length; zeros where no token is known."""
        found = np.zeros((len(texts), self._table.shape[1]), np.float32)
        for row, text in enumerate(texts):
            checkpoint()
            ids = self._read(text)
            ids = ids[ids < len(self._table if self._mapping is None else self._mapping)]
            if len(ids):
                found[row] = self._mean(ids)
        return found

    def _mean(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        rows = self._table[ids if self._mapping is None else self._mapping[ids]]
        if self._weights is not None:
            return (rows * self._weights[ids][:, None]).mean(axis=0, dtype=np.float32)
        return rows.mean(axis=0, dtype=np.float32)
