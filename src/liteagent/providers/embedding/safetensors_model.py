"""A model out of a safetensors file, of whichever kind its tensors are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy.typing as npt
from safetensors import SafetensorError
from safetensors import numpy as safetensors_numpy

from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.bert_model import BertModel
from liteagent.providers.embedding.model_folder import ModelFolder
from liteagent.providers.embedding.static_model import StaticModel

__all__ = ["load_safetensors"]

_Load: TypeAlias = Callable[[Path], dict[str, npt.NDArray[Any]]]


def load_safetensors(folder: ModelFolder) -> BertModel | StaticModel:
    """The model in `folder.weights`: layers make it a BERT, a lone table a static one.

    Raises:
        ConfigurationError: The file is no safetensors, or of a kind that is not known here.
    """
    try:
        load = cast("_Load", safetensors_numpy.load_file)
        tensors = load(folder.weights)
        layered = any(".layer.0." in name for name in tensors)
        return BertModel(folder, tensors) if layered else StaticModel(folder, tensors)
    except (SafetensorError, KeyError, OSError, TypeError) as error:
        raise ConfigurationError(
            f"{folder.weights} cannot be used ({type(error).__name__}: {error}). "
            "Export the model again, as float32 or float16, or to ONNX."
        ) from error
