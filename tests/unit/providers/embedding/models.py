"""Tiny model folders of each kind, made from a fixed seed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import numpy as safetensors_numpy
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

__all__ = ["WORDS", "bert_folder", "bert_tensors", "onnx_folder", "static_folder"]

_PHRASES = """[PAD] [UNK] [CLS] [SEP] Green tea is brewed at seventy degrees . The kernel schedules threads
Snow falls in winter green black 0 1 2 3 4 5 6 7 8 9"""
WORDS = tuple(_PHRASES.split())
_WIDTH = 16


def _tokenizer(folder: Path, *, unknown: str | None = "[UNK]") -> None:
    vocabulary = {word: place for place, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=unknown or "[none]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))


def _random(*shape: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed + sum(shape)).normal(0, 0.5, shape).astype(np.float32)


def _save(folder: Path, tensors: dict[str, npt.NDArray[Any]], **files: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(safetensors_numpy.save(tensors))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    _tokenizer(folder)
    return folder


def static_folder(path: Path, **more: npt.NDArray[Any]) -> Path:
    """As Model2Vec writes it."""
    return _save(path / "static", {"embeddings": _random(len(WORDS), _WIDTH), **more})


def bert_tensors(layers: int = 2) -> dict[str, npt.NDArray[Any]]:
    """The weights of a BERT of width 16."""
    tensors: dict[str, npt.NDArray[Any]] = {
        "embeddings.word_embeddings.weight": _random(len(WORDS), _WIDTH),
        "embeddings.position_embeddings.weight": _random(32, _WIDTH),
        "embeddings.token_type_embeddings.weight": _random(2, _WIDTH),
        "embeddings.position_ids": np.arange(32)[None],
    }
    norms = ["embeddings.LayerNorm"]
    for number in range(layers):
        layer = f"encoder.layer.{number}."
        norms += [layer + "attention.output.LayerNorm", layer + "output.LayerNorm"]
        squares = ("self.query", "self.key", "self.value", "output.dense")
        shapes = {f"attention.{part}": (_WIDTH, _WIDTH) for part in squares}
        shapes |= {"intermediate.dense": (2 * _WIDTH, _WIDTH), "output.dense": (_WIDTH, 2 * _WIDTH)}
        for place, (name, shape) in enumerate(shapes.items()):
            tensors[f"{layer}{name}.weight"] = _random(*shape, seed=10 * number + place)
            tensors[f"{layer}{name}.bias"] = _random(shape[0], seed=10 * number + place)
    for name in norms:
        tensors[name + ".weight"] = np.ones(_WIDTH, np.float32)
        tensors[name + ".bias"] = np.zeros(_WIDTH, np.float32)
    return tensors


def bert_folder(path: Path, **config: Any) -> Path:
    """As Sentence Transformers writes it."""
    facts = {
        "model_type": "bert",
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 32,
        **config,
    }
    folder = _save(path / "bert", bert_tensors(), config=facts, sentence_bert_config={"max_seq_length": 24})
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true}')
    return folder


def onnx_folder(path: Path) -> Path:
    """An encoder of one node, which looks the tokens up: small enough to be written by hand."""
    folder = path / "onnx-model"
    folder.mkdir(exist_ok=True)
    table = _random(len(WORDS), _WIDTH)
    tensor = _number(1, len(WORDS)) + _number(1, _WIDTH) + _number(2, 1) + _text(8, "table")
    tensor += _field(9, table.tobytes())
    node = _text(1, "table") + _text(1, "input_ids") + _text(2, "hidden") + _text(4, "Gather")
    ids = _text(1, "input_ids") + _field(2, _field(1, _number(1, 7) + _field(2, _symbol("b") + _symbol("t"))))
    width = _field(1, _number(1, _WIDTH))
    shape = _symbol("b") + _symbol("t") + width
    hidden = _text(1, "hidden") + _field(2, _field(1, _number(1, 1) + _field(2, shape)))
    graph = _field(1, node) + _text(2, "g") + _field(5, tensor) + _field(11, ids) + _field(12, hidden)
    model = _number(1, 8) + _field(7, graph) + _field(8, _text(1, "") + _number(2, 13))
    (folder / "model.onnx").write_bytes(model)
    _tokenizer(folder)
    return folder


def _varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _number(place: int, value: int) -> bytes:
    return _varint(place << 3) + _varint(value)


def _field(place: int, content: bytes) -> bytes:
    return _varint(place << 3 | 2) + _varint(len(content)) + content


def _text(place: int, content: str) -> bytes:
    return _field(place, content.encode())


def _symbol(name: str) -> bytes:
    return _field(1, _text(2, name))
