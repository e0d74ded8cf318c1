"""What the styles of a Word document make of a paragraph: a heading, an item of a list, or code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from liteagent.providers.parsing.archive import Archive, attribute, children

__all__ = ["Look", "Styles"]

_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_VERBATIM = re.compile(r"source\s?code|html preformatted|preformatted text|verbatim|^code\b", re.IGNORECASE)
_DEEPEST = 8
_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Look:
    """What a paragraph is; `level` is a heading's, `list_id` and `depth` are an item's."""

    level: int | None = None
    list_id: str | None = None
    depth: int = 0
    is_title: bool = False
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str | None
    properties: Element | None


class Styles:
    """The styles and numberings of one document.

    Word keeps the English names of the built-in styles in every language; other styles are headings by their
    outline level.
    """

    def __init__(
        self, styles: Mapping[str, _Style], default: str | None, bullets: frozenset[tuple[str, int]]
    ) -> None:
        self._styles = styles
        self._default = default
        self._bullets = bullets

    @classmethod
    def of(cls, archive: Archive, parts: Mapping[str, str]) -> "Styles":
        """The styles of a document with these parts."""
        root = archive.optional_xml(parts.get("styles", "word/styles.xml"))
        styles: dict[str, _Style] = {}
        default = None
        for each in children(root, "style"):
            style_id = attribute(each, "styleId") or ""
            styles[style_id] = _Style(
                _value(each, "name") or "", _value(each, "basedOn"), next(children(each, "pPr"), None)
            )
            if attribute(each, "default") in ("1", "true") and attribute(each, "type") == "paragraph":
                default = style_id
        numbering = archive.optional_xml(parts.get("numbering", "word/numbering.xml"))
        return cls(styles, default, frozenset(_bullets(numbering)))

    def look(self, paragraph: Element) -> Look:
        """What a paragraph is."""
        own = next(children(paragraph, "pPr"), None)
        chain = self._chain(_value(own, "pStyle") or self._default)
        properties = [each for each in (own, *(style.properties for style in chain)) if each is not None]
        names = [style.name for style in chain]
        if names and names[0].casefold() == "title":
            return Look(level=1, is_title=True)
        if (level := _level(properties, names)) is not None:
            return Look(level=level)
        list_id, depth = _numbering(properties)
        if list_id is not None:
            return Look(list_id=list_id, depth=depth)
        return Look(verbatim=any(_VERBATIM.search(name) for name in names))

    def is_numbered(self, list_id: str, depth: int) -> bool:
        """Whether the items of a list count."""
        return (list_id, depth) not in self._bullets

    def _chain(self, style_id: str | None) -> list[_Style]:
        found: list[_Style] = []
        while style_id is not None and len(found) < _LONGEST_CHAIN and style_id in self._styles:
            found.append(self._styles[style_id])
            style_id = found[-1].based_on
        return found


def _value(parent: Element | None, name: str) -> str | None:
    return next((attribute(each, "val") for each in children(parent, name)), None)


def _level(properties: list[Element], names: list[str]) -> int | None:
    """The nearest outline level, where 9 says that it is none; else by the name of a style."""
    for each in properties:
        outline = _value(each, "outlineLvl")
        if outline is not None and outline.isdigit():
            return int(outline) + 1 if int(outline) < 9 else None
    matches = (_HEADING.match(name) for name in names)
    return next((int(match[1]) for match in matches if match), None)


def _numbering(properties: list[Element]) -> tuple[str | None, int]:
    for each in properties:
        for numbering in children(each, "numPr"):
            list_id = _value(numbering, "numId")
            depth = _value(numbering, "ilvl") or "0"
            if list_id == "0":
                return None, 0
            if list_id is not None:
                return list_id, min(int(depth), _DEEPEST) if depth.isdigit() else 0
    return None, 0


def _bullets(root: Element | None) -> set[tuple[str, int]]:
    """The levels of lists whose items have a mark, not a number."""
    marked: dict[str, set[int]] = {}
    for each in children(root, "abstractNum"):
        marked[attribute(each, "abstractNumId") or ""] = {
            int(attribute(level, "ilvl") or 0)
            for level in children(each, "lvl")
            if _value(level, "numFmt") in ("bullet", "none") and (attribute(level, "ilvl") or "0").isdigit()
        }
    return {
        (attribute(each, "numId") or "", depth)
        for each in children(root, "num")
        for depth in marked.get(_value(each, "abstractNumId") or "", ())
    }
