"""What a source can be configured with: a frozen dataclass each, whose fields describe themselves."""

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue, load

__all__ = ["ConfigField", "config_schema", "option", "read_config"]

T = TypeVar("T")

_ConfigType: TypeAlias = Literal["boolean", "integer", "number", "string", "strings"]
_TYPES: dict[object, _ConfigType] = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One field of a source's configuration.

    Attributes:
        type: `strings` is a list of strings.
        default: What holds where it is left out; an empty string or list stands for nothing.
        secret: It is encrypted where it is stored, and never shown.
        choices: The only values that it, or each string of its list, may have; any where there are none.
        minimum: The least number, included.
        maximum: The greatest number, included.
    """

    name: str
    type: _ConfigType
    description: str
    default: JsonValue
    secret: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


def option(
    default: T,
    description: str,
    *,
    secret: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> T:
    """A field of a configuration dataclass."""
    about = {"description": description, "secret": secret, "minimum": minimum, "maximum": maximum}
    return field(default=default, repr=not secret, metadata=about)


def config_schema(cls: type[Any]) -> tuple[ConfigField, ...]:
    """The fields of a configuration dataclass, in the order in which they are written.

    Example:
        >>> @dataclass(frozen=True)
        ... class Config:
        ...     depth: int = option(3, "How deep.", minimum=0)
        >>> config_schema(Config)[0].type
        'integer'
    """
    return tuple(_described(cls))


def read_config(cls: type[T], config: JsonObject) -> T:
    """The configuration as its dataclass; None counts as left out.

    Raises:
        InvalidInputError: A name is unknown, or a value is of another type or out of its range; the message
            names the field.
    """
    described = config_schema(cls)
    names = [each.name for each in described]
    if unknown := sorted(config.keys() - names):
        raise InvalidInputError(f"There is no option `{unknown[0]}`; there are: {', '.join(names)}.")
    given = {each.name: config[each.name] for each in described if config.get(each.name) is not None}
    try:
        made = load(cls, given)
    except ValueError as error:
        raise _unusable(error) from None  # its text quotes the value, which may be a secret
    for each in described:
        _check_range(each, getattr(made, each.name))
    return made


def _described(cls: type[Any]) -> Iterator[ConfigField]:
    hints = get_type_hints(cls)
    for each in fields(cls):
        kind, choices = _kind(hints[each.name])
        default = None if each.default is MISSING else each.default
        shown = list(cast("tuple[str, ...]", default)) if isinstance(default, tuple) else default
        yield ConfigField(each.name, kind, default=shown, choices=choices, **each.metadata)


def _kind(hint: object) -> tuple[_ConfigType, tuple[str, ...]]:
    if get_origin(hint) is tuple:
        return "strings", _kind(get_args(hint)[0])[1]
    if get_origin(hint) is Literal:
        return "string", get_args(hint)
    return _TYPES[hint], ()


def _check_range(about: ConfigField, value: object) -> None:
    if not isinstance(value, int | float):
        return
    if about.minimum is not None and not value >= about.minimum:
        raise InvalidInputError(f"`{about.name}` is at least {about.minimum:,g}.")
    if about.maximum is not None and not value <= about.maximum:
        raise InvalidInputError(f"`{about.name}` is at most {about.maximum:,g}.")


def _unusable(error: ValueError) -> InvalidInputError:
    found: list[Any] = getattr(error, "errors", list)()
    said = [f"`{'.'.join(map(str, each['loc']))}`: {each['msg']}." for each in found]
    return InvalidInputError(" ".join(("The configuration of the source cannot be used.", *said)))
