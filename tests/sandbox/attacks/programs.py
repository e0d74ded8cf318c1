"""The hostile programs, as they stand in `corpus`."""

import ast
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

__all__ = ["CONTAINED", "Case", "load_cases"]

CONTAINED = "contained"
_CORPUS = Path(__file__).parent / "corpus"
_LANGUAGES = {"javascript": "nodejs", "templates": "jinja2"}
_LIMITS = {"wall": 2.0, "cpu": 2.0}


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile program and what may become of it.

    Attributes:
        name: File and name.
        ends: The error kinds that are right for it; `contained` is one that ends well
            and got hold of nothing.
        held_by: The layers that stand in its way, each of them alone: without them all it gets through, and
            does no harm by that.
        levels: Where it is held; a weaker level may let it look, never touch.
        may_return: Results beside the empty list that prove nothing was reached.
        then: What is run after it, and must not find what it left.
        differs: Nothing in the results of the two is the same.
    """

    name: str
    language: str
    code: str
    prelude: str
    inputs: dict[str, Any]
    limits: dict[str, float]
    ends: frozenset[str]
    held_by: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset({"namespaces", "landlock"})
    may_return: tuple[Any, ...] = ()
    any_result: bool = False
    preload: str = ""
    then: str = ""
    differs: bool = False
    inputs_of_scene: tuple[str, ...] = field(default=())

    def request(self, scene: Mapping[str, Any], *, second: bool = False) -> dict[str, Any]:
        """The body that asks for it, or for what is run after it."""
        code = self.then if second else self.code
        if self.prelude:
            code = f"{_declared(self.language, scene)}\n{self.prelude}\n{code}"
        of_scene = {f"scene_{name}": scene[name] for name in self.inputs_of_scene}
        return {
            "language": self.language,
            "code": code,
            "inputs": {**self.inputs, **of_scene},
            "preload": self.preload,
            "enable_network": False,
            "limits": self.limits,
        }

    def is_contained(self, result: Any) -> bool:
        """Whether this result proves that nothing was reached."""
        return self.any_result or result == [] or any(_same(result, each) for each in self.may_return)


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _declared(language: str, scene: Mapping[str, Any]) -> str:
    keyword = "const " if language == "nodejs" else ""
    return f"{keyword}SCENE = {json.dumps(dict(scene))}"


def load_cases() -> list[Case]:
    """Every program, by name."""
    preludes = _read(_CORPUS / "preludes.yaml")
    files = sorted(path for path in _CORPUS.glob("*.yaml") if path.stem != "preludes")
    return [
        _case(f"{path.stem}/{name}", _LANGUAGES.get(path.stem, "python3"), entry, preludes)
        for path in files
        for name, entry in _read(path).items()
    ]


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _case(name: str, usual: str, entry: dict[str, Any], preludes: dict[str, str]) -> Case:
    entry = {key: value for key, value in entry.items() if key != "about"}
    language = entry.pop("language", usual)
    rendered = (*entry.pop("rendered", ()), *entry.pop("rendered_then", ()))
    made = entry.pop("code_is", None)
    code = _spelled_out(made) if made else entry.pop("code")
    limits = {**_LIMITS, **entry.pop("limits", {})}
    limits["cpu"] = min(limits["cpu"], max(1, math.ceil(limits["wall"])))
    return Case(
        name=name,
        language=language,
        code=code,
        prelude=preludes[language] if entry.pop("prelude", True) else "",
        inputs=entry.pop("inputs", {}),
        limits=limits,
        ends=frozenset(entry.pop("ends", [CONTAINED])),
        may_return=(*entry.pop("may_return", ()), *rendered),
        **{key: _frozen(value) for key, value in entry.items()},
    )


def _frozen(value: Any) -> Any:
    return frozenset(cast("list[str]", value)) if isinstance(value, list) else value


def _spelled_out(text: str) -> str:
    """Sums and products of literals, for programs that are too long to write down."""
    return _value(ast.parse(text, mode="eval").body)


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case _:
            raise ValueError(f"Only literals, + and *: {ast.unparse(node)}")
