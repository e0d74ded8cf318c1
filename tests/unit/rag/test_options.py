"""Options of a search: plain JSON in and out, and checked."""

import json
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.options import RetrievalOptions


def test_options_go_through_json_and_back() -> None:
    options = RetrievalOptions.of({"retriever": "vector", "mmr": 0.5, "threshold": 0.2, "reranker": "cohere"})
    assert RetrievalOptions.of(json.loads(json.dumps(options.to_json()))) == options
    assert RetrievalOptions.of({}) == RetrievalOptions()


def test_an_agents_options_go_over_a_data_sources() -> None:
    options = RetrievalOptions(fusion="rrf", rrf_k=10).but({"rrf_k": 20, "distinct": False})
    assert (options.fusion, options.rrf_k, options.distinct) == ("rrf", 20, False)


def test_the_weight_of_meanings_depends_on_the_fusion_unless_it_is_given() -> None:
    assert RetrievalOptions(fusion="rrf").vector_share == 0.6
    assert RetrievalOptions(fusion="convex").vector_share > 0.6
    assert RetrievalOptions(vector_weight=0).vector_share == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"retriever": "words"}, "bm25, vector, hybrid"),
        ({"fusion": 1}, "rrf, convex"),
        ({"rrf_k": -1}, "rrf_k is -1"),
        ({"rrf_k": 1.5}, "whole number"),
        ({"candidates": 0}, "candidates is 0"),
        ({"candidates": True}, "candidates is True"),
        ({"rerank_top": 10_000}, "rerank_top"),
        ({"vector_weight": 1.1}, "vector_weight is 1.1"),
        ({"vector_weight": "0.5"}, "vector_weight"),
        ({"mmr": float("nan")}, "mmr is nan"),
        ({"threshold": False}, "threshold is False"),
        ({"reranker": ""}, "reranker"),
        ({"reranker": None}, "reranker"),
        ({"rewrite": "always"}, "none, llm"),
        ({"rewrites": 50}, "rewrites is 50"),
        ({"infer_filters": "yes"}, "infer_filters"),
        ({"distinct": "no"}, "true or false"),
        ({"expand_parents": 1}, "true or false"),
        ({"top": 5}, "There is no option 'top'; there are: retriever, fusion"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        RetrievalOptions.of(values)
