"""A folder with an embedding model: which kind it holds, and what its small files say about its use."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from liteagent.contracts.errors import ConfigurationError

__all__ = ["ModelFolder", "ModelKind", "Pooling", "read_folder"]

ModelKind: TypeAlias = Literal["onnx", "safetensors"]
Pooling: TypeAlias = Literal["mean", "cls"]

_MOST_TOKENS: Final = 512
_SAMPLE: Final = 65_536
_ONNX_FILES: Final = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What is known of a model before it is loaded.

    Attributes:
        name: What people call it.
        kind: In which of its files the model is.
        weights: That file.
        tokenizer: The file of the Hugging Face tokenizer.
        config: The contents of config.json.
        max_tokens: How much of a text the model reads; 0 is without limit.
        pooling: How the vectors of tokens become that of the text.
        query_prompt: What the model was trained to see before a question.
        passage_prompt: The same before a passage.
    """

    name: str
    kind: ModelKind
    weights: Path
    tokenizer: Path
    config: dict[str, Any]
    max_tokens: int = _MOST_TOKENS
    pooling: Pooling = "mean"
    query_prompt: str = ""
    passage_prompt: str = ""

    def fingerprint(self) -> str:
        """Eight characters that differ when the model's vectors may: out of its size, ends and settings."""
        digest = hashlib.sha256(f"{self.max_tokens} {self.pooling}".encode())
        digest.update(self.tokenizer.read_bytes())
        size = self.weights.stat().st_size
        with self.weights.open("rb") as file:
            digest.update(f"{size} ".encode() + file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
        return digest.hexdigest()[:8]


def read_folder(path: Path, file: str = "") -> ModelFolder:
    """What the folder at `path` holds, as Sentence Transformers, Model2Vec and ONNX exports lay it out.

    Args:
        path: With tokenizer.json, and model.onnx or model.safetensors.
        file: The file with the weights, where there are several.

    Raises:
        ConfigurationError: There is no model, or a file of it is unreadable; the message says which.
    """
    weights = _weights(path, file)
    tokenizer = path / "tokenizer.json"
    if not tokenizer.is_file():
        raise ConfigurationError(
            f"The model folder {path} has no tokenizer.json. Export the tokenizer into it."
        )
    config = _json(path / "config.json")
    prompts: dict[str, Any] = _json(path / "config_sentence_transformers.json").get("prompts") or {}
    return ModelFolder(
        name=path.resolve().name,
        kind="onnx" if weights.suffix == ".onnx" else "safetensors",
        weights=weights,
        tokenizer=tokenizer,
        config=config,
        max_tokens=_max_tokens(path, config),
        pooling="cls"
        if _json(path / "1_Pooling/config.json").get("pooling_mode_cls_token") is True
        else "mean",
        query_prompt=str(prompts.get("query") or ""),
        passage_prompt=str(prompts.get("passage") or prompts.get("document") or ""),
    )


def _weights(path: Path, file: str) -> Path:
    if not path.is_dir():
        raise ConfigurationError(f"There is no model folder {path}. Set the path to one that holds a model.")
    candidates = [path / file] if file else [path / name for name in (*_ONNX_FILES, "model.safetensors")]
    if not file:
        candidates += sorted([*path.glob("*.onnx"), *path.glob("onnx/*.onnx")])
    found = next((each for each in candidates if each.is_file()), None)
    if found is None or found.suffix not in (".onnx", ".safetensors"):
        raise ConfigurationError(
            f"The model folder {path} has no {file or 'model.onnx or model.safetensors'}. "
            "Put an ONNX or safetensors export into it."
        )
    return found


def _max_tokens(path: Path, config: dict[str, Any]) -> int:
    said = [
        _json(path / "sentence_bert_config.json").get("max_seq_length"),
        _json(path / "tokenizer_config.json").get("model_max_length"),
        config.get("max_position_embeddings"),
    ]
    return min([n for n in said if isinstance(n, int) and n > 0] + [_MOST_TOKENS])


def _json(path: Path) -> dict[str, Any]:
    try:
        found: object = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read as JSON. Export the model again.") from error
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
