"""A scope as a WHERE of Postgres; it means what `contracts.retrieval.matches` means."""

import json
import math
from typing import LiteralString

from liteagent.contracts.retrieval import Condition, Scope

__all__ = ["Where", "where_of"]

Where = tuple[LiteralString, list[object]]
"""A condition with `%s` in it, and the values."""

_NEVER: Where = ("FALSE", [])


def where_of(scope: Scope) -> Where:
    """The condition on a row; the workspace is always a part of it."""
    parts: list[Where] = [("workspace_id = %s", [scope.workspace_id])]
    if scope.datasource_ids is not None:
        parts.append(("datasource_id = ANY(%s)", [list(scope.datasource_ids)]))
    parts += [part for condition in scope.where for part in _parts(condition)]
    text: LiteralString = " AND ".join(part for part, _ in parts)
    return text, [value for _, values in parts for value in values]


def _parts(condition: Condition) -> list[Where]:
    parts: list[Where] = [("jsonb_exists(metadata, %s)", [condition.field])]
    if condition.any_of:
        # As JSON 1 equals 1.0 and not true.
        values = [json.dumps(value) for value in condition.any_of if not _is_odd(value)]
        parts.append(("(metadata -> %s) = ANY(%s::jsonb[])", [condition.field, values]))
    if condition.at_least is not None:
        parts.append(_bound(condition.field, ">=", condition.at_least))
    if condition.at_most is not None:
        parts.append(_bound(condition.field, "<=", condition.at_most))
    return parts


def _bound(field: str, operator: LiteralString, bound: str | float) -> Where:
    if isinstance(bound, str):
        text: LiteralString = '(metadata ->> %s) COLLATE "C" ' + operator + " %s"
        return _typed(field, "string", (text, [field, bound]))
    if isinstance(bound, bool) or math.isnan(bound):
        return _NEVER
    number: LiteralString = "(metadata ->> %s)::numeric " + operator + " %s::numeric"
    return _typed(field, "number", (number, [field, str(bound)]))


def _typed(field: str, kind: str, test: Where) -> Where:
    text: LiteralString = "CASE WHEN jsonb_typeof(metadata -> %s) = %s THEN " + test[0] + " ELSE FALSE END"
    return text, [field, kind, *test[1]]


def _is_odd(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
