"""The embedder `local`: a model in this process, without a network."""

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderLimits, TextKind
from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.providers.embedding.local_embedder import LocalEmbedder, LocalModel
from liteagent.providers.embedding.model_folder import ModelFolder, read_folder
from liteagent.providers.embedding.options import Options, identity

__all__ = ["DEFAULT_MODEL", "create"]

DEFAULT_MODEL: Final = "wordllama"
"""The model that comes with the extra `embed`."""

_LIMITS: Final = EmbedderLimits(texts=256, characters=400_000)
_MOST_THREADS: Final = 2


def create(config: EmbedderConfig) -> Embedder:
    """An embedder in this process; its model is loaded at its first use.

    Without `options["path"]` it is WordLlama's table of word pieces, which comes with the extra `embed`, for
    English. A folder at that path may hold an ONNX model, or a BERT or a static one as safetensors, with its
    tokenizer.json; only the operator should be able to set it.

    Args:
        config: `dimensions` cuts the vectors, for models that were trained for it. Options: `path`, `file`
            (the file with the weights in it), `threads`, `query_prefix`, `passage_prefix`, `batch_texts`,
            `batch_characters`, `text_characters`.

    Raises:
        InvalidInputError: An option is unusable, or a model is named that cannot be had without a folder.
        ConfigurationError: There is no such folder, no model in it, or a package is missing.
    """
    options = Options("local", config)
    folder = _folder(options.text("path"), options.text("file"), config.model.strip())
    threads = options.count("threads", min(_MOST_THREADS, os.cpu_count() or 1))
    limits, prefixes = options.limits(_LIMITS), _prompts(options.prefixes(), folder)
    options.finish()
    changes = {"prefixes": any(prefixes.values()) and prefixes}
    named = replace(config, model=f"{config.model.strip() or folder.name}+{folder.fingerprint()}")
    return LocalEmbedder(
        model=identity("local", named, changes),
        load=lambda: _load(folder, threads),
        limits=limits,
        prefixes=prefixes,
        dimensions=config.dimensions,
        calls=1 if folder.kind == "onnx" else threads,
    )


def _folder(path: str, file: str, model: str) -> ModelFolder:
    if path:
        return read_folder(Path(path), file)
    if model not in ("", DEFAULT_MODEL):
        raise InvalidInputError(
            f"The embedder 'local' has no model {model!r} of its own. "
            "Give the folder that holds it as the option `path`, or leave the model out."
        )
    spec = find_spec("wordllama")  # finds it without running it: it sets up logging and may download
    places = (spec and spec.submodule_search_locations) or []
    home = Path(next(iter(places), "."))
    weights = home / "weights/l2_supercat_256.safetensors"
    tokenizer = home / "tokenizers/l2_supercat_tokenizer_config.json"
    if not (weights.is_file() and tokenizer.is_file()):
        raise _missing("wordllama")
    return ModelFolder(DEFAULT_MODEL, "safetensors", weights, tokenizer, {}, max_tokens=0)


def _prompts(given: Mapping[TextKind, str], folder: ModelFolder) -> dict[TextKind, str]:
    return {
        "query": given["query"] or folder.query_prompt,
        "passage": given["passage"] or folder.passage_prompt,
    }


def _load(folder: ModelFolder, threads: int) -> LocalModel:
    try:
        if folder.kind == "onnx":
            from liteagent.providers.embedding.onnx_model import OnnxModel

            return OnnxModel(folder, threads)
        from liteagent.providers.embedding.safetensors_model import load_safetensors

        return load_safetensors(folder)
    except ModuleNotFoundError as error:
        raise _missing(str(error.name)) from error


def _missing(package: str) -> ConfigurationError:
    extra = "onnx" if package == "onnxruntime" else "embed"
    return ConfigurationError(
        f"The embedder 'local' needs the package {package!r}. "
        f"Install it with: pip install 'liteagent[{extra}]'."
    )
