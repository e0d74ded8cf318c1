"""Metadata as Qdrant can filter it, and a scope as a filter of Qdrant.

Each field becomes a fact, a keyword such as `["lang","en"]`, and `["lang"]` says that there is one: equality
of any field is then one indexed key, with types kept apart. Numbers are kept once more for their bounds.
"""

import json
import math
from collections.abc import Mapping, Sequence

from qdrant_client import models

from liteagent.contracts.documents import Scalar
from liteagent.contracts.retrieval import Condition, Scope

__all__ = ["all_of", "description_of", "is_filtered_here", "scope_conditions", "text_is"]

_EXACT = 2**53


def description_of(metadata: Mapping[str, Scalar]) -> dict[str, object]:
    """The part of a payload that says what a document's metadata is."""
    numbers = [
        {"field": field, "value": float(value)}
        for field, value in metadata.items()
        if not isinstance(value, (str, bool))
    ]
    facts = [each for field, value in metadata.items() for each in (_fact(field), _fact(field, value))]
    return {"facts": facts, "numbers": numbers, "metadata": json.dumps(dict(metadata))}


def text_is(key: str, *values: str) -> models.FieldCondition:
    """The condition that a keyword is one of these."""
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))


def all_of(conditions: Sequence[models.Condition], *, without: Sequence[str] = ()) -> models.Filter:
    """The filter for points that fulfil all of these, and do not have one of some ids."""
    must_not: list[models.Condition] | None = (
        [models.HasIdCondition(has_id=list(without))] if without else None
    )
    return models.Filter(must=list(conditions), must_not=must_not)


def scope_conditions(scope: Scope) -> list[models.Condition]:
    """The conditions of a scope that Qdrant can check; the workspace is always the first."""
    found: list[models.Condition] = [text_is("workspace_id", scope.workspace_id)]
    if scope.datasource_ids is not None:
        found.append(text_is("datasource_id", *scope.datasource_ids))
    for condition in scope.where:
        found.append(_equality(condition))
        if (condition.at_least is not None or condition.at_most is not None) and _has_range(condition):
            found.append(_range(condition))
    return found


def is_filtered_here(scope: Scope) -> bool:
    """Whether a scope has conditions that Qdrant can't check: it has no order of texts."""
    return not all(_has_range(condition) for condition in scope.where)


def _equality(condition: Condition) -> models.FieldCondition:
    if condition.any_of:
        return text_is("facts", *(_fact(condition.field, value) for value in condition.any_of))
    return text_is("facts", _fact(condition.field))


def _range(condition: Condition) -> models.NestedCondition:
    bounds = models.Range(gte=_number(condition.at_least), lte=_number(condition.at_most))
    inside: list[models.Condition] = [
        models.FieldCondition(key="field", match=models.MatchValue(value=condition.field)),
        models.FieldCondition(key="value", range=bounds),
    ]
    return models.NestedCondition(nested=models.Nested(key="numbers", filter=models.Filter(must=inside)))


def _has_range(condition: Condition) -> bool:
    return all(map(_is_plain, (condition.at_least, condition.at_most)))


def _is_plain(bound: str | float | None) -> bool:
    """Whether a bound is compared alike as a float of 64 bits."""
    if bound is None:
        return True
    if isinstance(bound, (str, bool)):
        return False
    return math.isfinite(bound) and abs(bound) < _EXACT


def _number(bound: str | float | None) -> float | None:
    return None if bound is None else float(bound)


def _fact(field: str, *values: Scalar) -> str:
    return json.dumps([field, *map(_plain, values)], ensure_ascii=False)


def _plain(value: Scalar) -> Scalar:
    return int(value) if isinstance(value, float) and value.is_integer() else value
