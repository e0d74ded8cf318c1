"""The embedder in this process: which models it reads, and how it behaves while it computes."""

import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import numpy as np
import pytest

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderLimits, Vectors
from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.providers.embedding import local
from liteagent.providers.embedding.local_embedder import LocalEmbedder
from tests.unit.providers.embedding.models import WORDS, bert_folder, onnx_folder, static_folder


def of(folder: Path, **options: Any) -> Embedder:
    return local.create(EmbedderConfig(options={"path": str(folder), **options}))


async def vector(embedder: Embedder, text: str) -> list[float]:
    return (await embedder.embed([text], "query")).vectors[0].tolist()


async def test_a_static_text_is_the_mean_of_its_tokens(tmp_path: Path) -> None:
    embedder = of(static_folder(tmp_path))
    table = {word: np.array(await vector(embedder, word)) for word in ("tea", "winter")}
    both = np.array(await vector(embedder, "tea winter"))
    assert np.linalg.det(
        np.stack([table["tea"], table["winter"], both]) @ np.eye(16)[:, :3]
    ) == pytest.approx(0, abs=1e-5)
    assert await vector(embedder, "") == [0.0] * 16


async def test_weights_and_a_mapping_of_tokens_count(tmp_path: Path) -> None:
    plain = of(static_folder(tmp_path))
    weights = np.ones(len(WORDS), np.float32)
    weights[WORDS.index("tea")] = 0
    mapping = np.arange(len(WORDS))
    mapping[WORDS.index("black")] = WORDS.index("winter")
    other = of(static_folder(tmp_path / "..", weights=weights, mapping=mapping))
    assert await vector(other, "tea winter") == pytest.approx(await vector(plain, "winter"), abs=1e-6)
    assert await vector(other, "black") == pytest.approx(await vector(plain, "winter"), abs=1e-6)


async def test_padding_and_neighbours_change_nothing(tmp_path: Path) -> None:
    for make in (bert_folder, onnx_folder):
        embedder = of(make(tmp_path))
        texts = ["tea", "The kernel schedules threads in winter .", "Snow", *["green tea"] * 40]
        together = (await embedder.embed(texts, "passage")).vectors
        for place in (0, 1, 2, 42):
            assert together[place].tolist() == pytest.approx(await vector(embedder, texts[place]), abs=1e-5)


async def test_a_bert_reads_the_order_of_words_and_a_table_does_not(tmp_path: Path) -> None:
    for make, differs in ((bert_folder, True), (static_folder, False)):
        embedder = of(make(tmp_path))
        forward, backward = await vector(embedder, "green tea"), await vector(embedder, "tea green")
        assert (not np.allclose(forward, backward, atol=1e-4)) is differs


async def test_what_a_model_cannot_read_is_cut(tmp_path: Path) -> None:
    embedder = of(bert_folder(tmp_path))
    assert await vector(embedder, "tea " * 22) == await vector(embedder, "tea " * 500)


async def test_the_first_token_can_stand_for_the_text(tmp_path: Path) -> None:
    folder = bert_folder(tmp_path)
    mean = of(folder)
    (folder / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
    first = of(folder)
    assert mean.model != first.model
    assert not np.allclose(await vector(mean, "green tea"), await vector(first, "green tea"), atol=1e-3)


async def test_prompts_of_the_model_are_used(tmp_path: Path) -> None:
    folder = static_folder(tmp_path)
    plain = of(folder)
    prompts = {"prompts": {"query": "Snow ", "document": "winter "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    prompted = of(folder)
    assert prompted.model != plain.model
    asked = (await prompted.embed(["tea"], "query")).vectors[0]
    passage = (await prompted.embed(["tea"], "passage")).vectors[0]
    assert asked.tolist() == await vector(plain, "Snow tea")
    assert passage.tolist() == await vector(plain, "winter tea")


async def test_vectors_can_be_cut_to_fewer_dimensions(tmp_path: Path) -> None:
    options = {"path": str(static_folder(tmp_path))}
    whole = local.create(EmbedderConfig(options=options))
    cut = local.create(EmbedderConfig(dimensions=4, options=options))
    expected = np.array(await vector(whole, "tea"))[:4]
    assert await vector(cut, "tea") == pytest.approx((expected / np.linalg.norm(expected)).tolist(), abs=1e-6)
    assert cut.model == whole.model + "/4"
    with pytest.raises(ConfigurationError, match="has 16 dimensions and cannot give 17"):
        await vector(local.create(EmbedderConfig(dimensions=17, options=options)), "tea")


def test_another_model_under_the_same_name_has_another_identity(tmp_path: Path) -> None:
    first = of(static_folder(tmp_path)).model
    assert first.startswith("local/static+")
    assert str(tmp_path) not in first
    assert of(static_folder(tmp_path)).model == first
    (tmp_path / "b").mkdir()
    changed = static_folder(tmp_path / "b", weights=np.ones(len(WORDS), np.float32))
    assert of(changed).model != first


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("model.safetensors", r"no model\.onnx or model\.safetensors"),
        ("tokenizer.json", r"no tokenizer\.json"),
    ],
)
def test_a_folder_that_lacks_a_file(tmp_path: Path, file: str, said: str) -> None:
    folder = bert_folder(tmp_path)
    (folder / file).unlink()
    with pytest.raises(ConfigurationError, match=said):
        of(folder)


def test_settings_of_a_model_that_are_no_json(tmp_path: Path) -> None:
    folder = bert_folder(tmp_path)
    (folder / "config.json").write_text("{")
    with pytest.raises(ConfigurationError, match="cannot be read as JSON"):
        of(folder)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("model.safetensors", "nothing", "cannot be used"),
        ("config.json", '{"model_type": "t5"}', "type 'bert'"),
        ("config.json", '{"model_type": "bert"}', "cannot be used"),
        ("model.onnx", "nothing", "no model that onnxruntime can load"),
    ],
)
async def test_a_model_that_cannot_be_loaded(tmp_path: Path, file: str, content: str, said: str) -> None:
    folder = bert_folder(tmp_path)
    (folder / file).write_text(content)
    embedder = of(folder)
    with pytest.raises(ConfigurationError, match=said):
        await vector(embedder, "tea")


def test_a_file_can_be_chosen(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path)
    (folder / "model.onnx").rename(folder / "special.onnx")
    assert of(folder, file="special.onnx").model == of(folder).model
    with pytest.raises(ConfigurationError, match=r"has no other\.onnx"):
        of(folder, file="other.onnx")


@pytest.mark.parametrize(
    "config",
    [
        EmbedderConfig("minilm"),
        EmbedderConfig(options={"threads": 0}),
        EmbedderConfig(options={"unknown": 1}),
        EmbedderConfig(dimensions=0),
    ],
)
def test_unusable_settings_are_refused(config: EmbedderConfig) -> None:
    with pytest.raises(InvalidInputError):
        local.create(config)


def not_installed(_: str) -> None:
    """Finds nothing."""


def test_no_folder_and_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="no model folder"):
        of(tmp_path / "nowhere")
    monkeypatch.setattr(local, "find_spec", not_installed)
    with pytest.raises(ConfigurationError, match=r"liteagent\[embed\]"):
        local.create(EmbedderConfig())


async def test_without_onnxruntime_its_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = of(onnx_folder(tmp_path))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigurationError, match=r"liteagent\[onnx\]"):
        await vector(embedder, "tea")


async def test_it_can_be_made_in_a_thread(tmp_path: Path) -> None:
    embedder = await anyio.to_thread.run_sync(of, static_folder(tmp_path))
    assert len(await vector(embedder, "tea")) == 16


class SlowModel:
    """Computes until it is told that the call was cancelled."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.loads = 0
        self.go = threading.Event()
        self.lock = threading.Lock()

    def load(self) -> "SlowModel":
        self.loads += 1
        return self

    def encode(self, texts: Sequence[str], checkpoint: Callable[[], None]) -> Vectors:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            while not self.go.wait(0.005):
                checkpoint()
        finally:
            with self.lock:
                self.running -= 1
        return np.ones((len(texts), 2), np.float32)


def slow(model: SlowModel, calls: int) -> LocalEmbedder:
    return LocalEmbedder(
        model="local/slow",
        load=model.load,
        limits=EmbedderLimits(),
        prefixes={"query": "", "passage": ""},
        dimensions=None,
        calls=calls,
    )


async def test_a_cancelled_call_stops_computing() -> None:
    model = SlowModel()
    with anyio.move_on_after(0.05) as scope:
        await slow(model, 1).embed(["x"], "query")
    assert scope.cancelled_caught
    assert model.running == 0


async def test_threads_are_bounded_and_the_model_is_loaded_once() -> None:
    model = SlowModel()
    embedder = slow(model, 2)
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(embedder.embed, ["x"], "query")
        await anyio.sleep(0.05)
        model.go.set()
    assert model.most == 2
    assert model.loads == 1
