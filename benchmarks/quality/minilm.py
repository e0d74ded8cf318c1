"""all-MiniLM-L6-v2 in numpy: a real embedding model without a framework, for measuring only."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

__all__ = ["MiniLM"]

_Floats = npt.NDArray[np.float32]
_MOST_TOKENS = 256
_HEADS = 12
_LAYERS = 6


class MiniLM:
    """Vectors of texts, rows of length 1.

    Args:
        folder: Holds `model.safetensors` and `tokenizer.json`.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._weights = dict(_tensors(folder / "model.safetensors"))
        self._tokenizer = cast("Any", Tokenizer).from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.no_padding()

    def vectors(self, texts: Sequence[str], batch: int = 8) -> _Floats:
        """One row a text."""
        ids = [cast("list[int]", each.ids) for each in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
        found = np.zeros((len(ids), 384), dtype=np.float32)
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            found[places] = self._forward([ids[place] for place in places])
        return found

    def _forward(self, ids: Sequence[Sequence[int]]) -> _Floats:
        width = max(map(len, ids))
        tokens = np.array([[*row, *[0] * (width - len(row))] for row in ids])
        there = np.array([[1.0] * len(row) + [0.0] * (width - len(row)) for row in ids], dtype=np.float32)
        name = "embeddings."
        hidden = (
            self._weights[name + "word_embeddings.weight"][tokens]
            + self._weights[name + "position_embeddings.weight"][:width]
            + self._weights[name + "token_type_embeddings.weight"][0]
        )
        hidden = self._normal(hidden, name + "LayerNorm")
        for layer in range(_LAYERS):
            hidden = self._layer(hidden, there, f"encoder.layer.{layer}.")
        pooled = (hidden * there[..., None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def _layer(self, hidden: _Floats, there: _Floats, name: str) -> _Floats:
        rows, width, size = hidden.shape
        parts = [
            self._linear(hidden, f"{name}attention.self.{part}").reshape(rows, width, _HEADS, -1)
            for part in ("query", "key", "value")
        ]
        query, key, value = (part.transpose(0, 2, 1, 3) for part in parts)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32((size / _HEADS) ** 0.5)
        scores += (there[:, None, None, :] - 1) * np.float32(1e9)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(rows, width, size)
        mixed = self._linear(mixed, f"{name}attention.output.dense")
        hidden = self._normal(hidden + mixed, f"{name}attention.output.LayerNorm")
        wide = _gelu(self._linear(hidden, f"{name}intermediate.dense"))
        return self._normal(hidden + self._linear(wide, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _linear(self, values: _Floats, name: str) -> _Floats:
        return values @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]

    def _normal(self, values: _Floats, name: str) -> _Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return centred / spread * self._weights[name + ".weight"] + self._weights[name + ".bias"]


def _gelu(values: _Floats) -> _Floats:
    # The error function by Abramowitz and Stegun's 7.1.26, off by at most 1.5e-7.
    scaled = np.abs(values) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(values) * (1 - series * np.exp(-(scaled**2)))
    return (values * (1 + erf) / 2).astype(np.float32)


def _tensors(path: Path) -> Iterator[tuple[str, _Floats]]:
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = cast("dict[str, dict[str, Any]]", json.loads(data[8:start]))
    for name, about in header.items():
        if name != "__metadata__" and about["dtype"] == "F32":
            first, last = about["data_offsets"]
            values = np.frombuffer(data, dtype=np.float32, count=(last - first) // 4, offset=start + first)
            yield name.removeprefix("bert."), values.reshape(about["shape"])
