"""BERT's forward pass in numpy, for a folder with safetensors and no ONNX: slower, and needs nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.model_folder import ModelFolder, Pooling
from liteagent.providers.embedding.pooling import pooled
from liteagent.providers.embedding.token_reader import TokenIds, TokenReader, padded_batches

__all__ = ["BertModel"]

_Floats = npt.NDArray[np.float32]


class BertModel:
    """An encoder of the BERT family with absolute positions: MiniLM, BGE, E5, GTE and others.

    Args:
        folder: Tokenizer, config.json and pooling.
        tensors: Its weights.
    """

    def __init__(self, folder: ModelFolder, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        config = folder.config
        if (
            config.get("model_type") != "bert"
            or config.get("position_embedding_type", "absolute") != "absolute"
        ):
            raise ConfigurationError(
                f"Without ONNX only models of the type 'bert' can be read, not {config.get('model_type')!r}. "
                "Export the model to ONNX and put model.onnx into its folder."
            )
        self._weights = {
            name.removeprefix("bert."): tensor.astype(np.float32)
            for name, tensor in tensors.items()
            if tensor.dtype.kind == "f"
        }
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = np.float32(config.get("layer_norm_eps", 1e-12))
        self._pooling: Pooling = folder.pooling
        self._read = TokenReader(folder.tokenizer, folder.max_tokens, special=True)

    def encode(self, texts: Sequence[str], checkpoint: Callable[[], None]) -> Vectors:
        """A row for each text, of any length."""
        width = self._weights["embeddings.word_embeddings.weight"].shape[1]
        found = np.zeros((len(texts), width), np.float32)
        for places, ids, mask in padded_batches([self._read(text) for text in texts]):
            checkpoint()
            found[places] = pooled(self._forward(ids, mask, checkpoint), mask, self._pooling)
        return found

    def _forward(self, ids: TokenIds, mask: TokenIds, checkpoint: Callable[[], None]) -> _Floats:
        weights = self._weights
        hidden = weights["embeddings.word_embeddings.weight"][ids]
        hidden = hidden + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        hidden = self._norm(
            hidden + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm"
        )
        bias = np.where(mask, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for number in range(self._layers):
            checkpoint()
            hidden = self._layer(hidden, bias, f"encoder.layer.{number}.")
        return hidden

    def _layer(self, hidden: _Floats, bias: _Floats, name: str) -> _Floats:
        seen = self._linear(self._attention(hidden, bias, name), name + "attention.output.dense")
        hidden = self._norm(hidden + seen, name + "attention.output.LayerNorm")
        inner = _gelu(self._linear(hidden, name + "intermediate.dense"))
        return self._norm(hidden + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")

    def _attention(self, hidden: _Floats, bias: _Floats, name: str) -> _Floats:
        texts, tokens, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{name}attention.self.{part}")
            .reshape(texts, tokens, self._heads, -1)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // self._heads)) + bias
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, width)

    def _linear(self, hidden: _Floats, name: str) -> _Floats:
        return hidden @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]

    def _norm(self, hidden: _Floats, name: str) -> _Floats:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self._epsilon)
        return centred / spread * self._weights[name + ".weight"] + self._weights[name + ".bias"]


def _gelu(x: _Floats) -> _Floats:
    """With the error function of Abramowitz and Stegun 7.1.26, good to 1.5e-7."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = np.float32(1) / (np.float32(1) + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = series * np.exp(-z * z)
    return (x * np.where(x >= 0, 1 - tail / 2, tail / 2)).astype(np.float32)
