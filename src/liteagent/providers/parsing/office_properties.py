"""What an office document says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.etree.ElementTree import Element

from liteagent.contracts.documents import Scalar
from liteagent.providers.parsing.archive import Archive, local

__all__ = ["OfficeProperties", "dublin_core", "office_properties"]

_NAMES = MappingProxyType(
    {
        "created": "created",
        "creation-date": "created",
        "creator": "author",
        "date": "date",
        "description": "description",
        "initial-creator": "author",
        "keyword": "keywords",
        "keywords": "keywords",
        "language": "language",
        "modified": "modified",
        "publisher": "publisher",
        "subject": "subject",
    }
)
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class OfficeProperties:
    """A document's title and the rest of its properties."""

    title: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


def office_properties(archive: Archive | None) -> OfficeProperties:
    """The properties of an office document."""
    if archive is None:
        return OfficeProperties()
    root = archive.optional_xml("docProps/core.xml")
    if root is None:
        root = archive.optional_xml("meta.xml")
    return dublin_core(root) if root is not None else OfficeProperties()


def dublin_core(root: Element) -> OfficeProperties:
    """The elements of Dublin Core, and their kin, below `root`; the first of each name."""
    title: str | None = None
    metadata: dict[str, Scalar] = {}
    for each in root.iter():
        value = " ".join((each.text or "").split())[:_LONGEST]
        name = local(each)
        if value and name == "title":
            title = title or value
        elif value and name in _NAMES:
            metadata.setdefault(_NAMES[name], value)
    return OfficeProperties(title, metadata)
