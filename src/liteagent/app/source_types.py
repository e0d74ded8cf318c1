"""What data sources can be made of, as forms read it."""

from typing import Any

from liteagent.app.http.meta import PartDescription
from liteagent.contracts.datasource import DataSourceFactory
from liteagent.contracts.registry import Registry
from liteagent.providers.datasource.config import ConfigField, config_schema
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.url.config import UrlConfig

__all__ = ["source_types"]

_DESCRIPTIONS = {
    "file": "Files that are sent, or a folder of the server that the operator has opened.",
    "gitlab": "Files, issues, merge requests and wikis of GitLab projects.",
    "text": "A text that is sent.",
    "url": "A web page, the pages of a sitemap, or a site.",
}
_CONFIGS: dict[str, type[Any]] = {"gitlab": GitLabConfig, "url": UrlConfig}
_BESIDE = frozenset(("source_path", "gitlab_url", "gitlab_token"))
"""Fields of the data source itself, not of its `config`."""

_TYPES = {"strings": "array"}


def source_types(registry: Registry[DataSourceFactory]) -> list[PartDescription]:
    """Every installed type, with the JSON Schema of its `config`."""
    return [
        PartDescription(name=name, description=_DESCRIPTIONS.get(name, ""), config_schema=_schema(name))
        for name in registry.names()
    ]


def _schema(name: str) -> dict[str, Any]:
    known = config_schema(_CONFIGS[name]) if name in _CONFIGS else ()
    properties = {field.name: _property(field) for field in known if field.name not in _BESIDE}
    closed = {"additionalProperties": False} if name in _DESCRIPTIONS else {}
    return {"type": "object", "properties": properties, **closed}


def _property(field: ConfigField) -> dict[str, Any]:
    choices = {"enum": list(field.choices)} if field.choices else {}
    shape: dict[str, Any] = {"type": _TYPES.get(field.type, field.type), **choices}
    if field.type == "strings":
        shape = {"type": "array", "items": {"type": "string", **choices}}
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    said = {name: value for name, value in bounds.items() if value is not None}
    return {**shape, **said, "description": field.description, "default": field.default}
