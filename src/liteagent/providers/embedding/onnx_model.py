"""An encoder as ONNX, run by onnxruntime."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.model_folder import ModelFolder, Pooling
from liteagent.providers.embedding.pooling import pooled
from liteagent.providers.embedding.token_reader import TokenIds, TokenReader, padded_batches

__all__ = ["OnnxModel"]


class _Named(Protocol):
    name: str


class _Session(Protocol):
    def get_inputs(self) -> Sequence[_Named]: ...

    def run(self, names: None, feed: Mapping[str, TokenIds]) -> Sequence[npt.NDArray[np.float32]]: ...


class OnnxModel:
    """Any encoder whose first output is a vector for each token, or for each text.

    Args:
        folder: Tokenizer, weights and pooling.
        threads: Most threads that one call may use.
    """

    def __init__(self, folder: ModelFolder, threads: int) -> None:
        self._session = _open(folder, threads)
        self._inputs = {each.name for each in self._session.get_inputs()}
        if "input_ids" not in self._inputs:
            raise ConfigurationError(f"{folder.weights} has no input 'input_ids': it is no text encoder.")
        self._pooling: Pooling = folder.pooling
        self._read = TokenReader(folder.tokenizer, folder.max_tokens, special=True)

    def encode(self, texts: Sequence[str], checkpoint: Callable[[], None]) -> Vectors:
        """A row for each text, of any length."""
        rows = dict[int, npt.NDArray[np.float32]]()
        for places, ids, mask in padded_batches([self._read(text) for text in texts]):
            checkpoint()
            rows.update(zip(places, self._run(ids, mask), strict=True))
        return np.stack([rows[place] for place in range(len(texts))])

    def _run(self, ids: TokenIds, mask: TokenIds) -> npt.NDArray[np.float32]:
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        answer = self._session.run(None, {name: feed[name] for name in feed.keys() & self._inputs})[0]
        return answer if answer.ndim == 2 else pooled(answer, mask, self._pooling)


def _open(folder: ModelFolder, threads: int) -> _Session:
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = runtime.InferenceSession(
            str(folder.weights), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its classes differ from one version to the next
        raise ConfigurationError(f"{folder.weights} is no model that onnxruntime can load.") from error
    return cast("_Session", session)
