"""BERT's forward pass agrees with the same written out number by number."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from liteagent.contracts.embedding import EmbedderConfig
from liteagent.providers.embedding import local
from tests.unit.providers.embedding.models import WORDS, bert_folder, bert_tensors

Row: TypeAlias = list[float]
HEADS, LAYERS, WIDTH = 4, 2, 16


class SlowBert:
    def __init__(self) -> None:
        self.weights: dict[str, list[Row]] = {k: v.tolist() for k, v in bert_tensors(LAYERS).items()}
        self.vectors: dict[str, Row] = {k: v.tolist() for k, v in bert_tensors(LAYERS).items() if v.ndim == 1}

    def linear(self, row: Row, name: str) -> Row:
        bias = self.vectors[name + ".bias"]
        return [b + dot(line, row) for line, b in zip(self.weights[name + ".weight"], bias, strict=True)]

    def encode(self, words: list[str]) -> Row:
        embedded = [self.embedding(place, word) for place, word in enumerate(words)]
        for number in range(LAYERS):
            embedded = self.layer(embedded, f"encoder.layer.{number}.")
        mean = [sum(column) / len(words) for column in zip(*embedded, strict=True)]
        length = math.hypot(*mean)
        return [x / length for x in mean]

    def embedding(self, place: int, word: str) -> Row:
        parts = (
            self.weights["embeddings.word_embeddings.weight"][WORDS.index(word)],
            self.weights["embeddings.position_embeddings.weight"][place],
            self.weights["embeddings.token_type_embeddings.weight"][0],
        )
        return norm([sum(numbers) for numbers in zip(*parts, strict=True)])

    def layer(self, rows: list[Row], name: str) -> list[Row]:
        found: list[Row] = []
        for row in rows:
            seen = self.linear(self.attended(row, rows, name), name + "attention.output.dense")
            middle = norm(added(row, seen))
            inner = [gelu(x) for x in self.linear(middle, name + "intermediate.dense")]
            found.append(norm(added(middle, self.linear(inner, name + "output.dense"))))
        return found

    def attended(self, row: Row, rows: list[Row], name: str) -> Row:
        def part(which: str) -> Callable[[Row], Row]:
            return lambda given: self.linear(given, f"{name}attention.self.{which}")

        query, size = part("query")(row), WIDTH // HEADS
        keys, values = [*map(part("key"), rows)], [*map(part("value"), rows)]
        found: Row = []
        for start in range(0, WIDTH, size):
            head = slice(start, start + size)
            scores = [dot(query[head], key[head]) / math.sqrt(size) for key in keys]
            shares = [math.exp(score) for score in scores]
            for column in zip(*(value[head] for value in values), strict=True):
                found.append(sum(s * x for s, x in zip(shares, column, strict=True)) / sum(shares))
        return found


def dot(one: Row, other: Row) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def added(one: Row, other: Row) -> Row:
    return [a + b for a, b in zip(one, other, strict=True)]


def norm(row: Row) -> Row:
    mean = sum(row) / len(row)
    spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
    return [(x - mean) / spread for x in row]


def gelu(x: float) -> float:
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


@pytest.mark.parametrize("text", ["tea", "The kernel schedules threads", "Snow falls in winter . 1 2 3"])
async def test_it_computes_what_a_bert_is(tmp_path: Path, text: str) -> None:
    embedder = local.create(EmbedderConfig(options={"path": str(bert_folder(tmp_path))}))
    found = (await embedder.embed([text, "green tea " * 9], "query")).vectors[0]
    expected = SlowBert().encode(["[CLS]", *text.split(), "[SEP]"])
    assert np.allclose(found, expected, atol=2e-5)
