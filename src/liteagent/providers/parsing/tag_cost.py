"""What building a page's tree will cost, told from its tags: the builder cannot be stopped once it has begun.

HTML's rules make it look at every open element for each new one, and at every attribute of a tag for each
further one. So a page costs the square of its depth and of its attributes, whoever parses it.
"""

import re

__all__ = ["tree_cost"]

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)([^>]*)")
_LONG = 5_000
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{_LONG}}}")
_HARMLESS = 10_000  # tags: even if each were inside the one before, the tree would be built within seconds
_FORMATTING_COST = 10

# Elements without content, and those that end by themselves when the next one begins: neither gets deeper.
_LEVEL_TAGS = """
area base body br col colgroup dd dt embed head hr html img input li link meta option p param path rect
source tbody td tfoot th thead tr track wbr
"""
_LEVEL = frozenset(_LEVEL_TAGS.split())
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)


def tree_cost(html: str) -> int:
    """Steps that building the tree takes at most, roughly; 1e9 are about 5 s. 0 for a page with few tags."""
    if html.count("<") - html.count("</") < _HARMLESS and not _LONG_TAG.search(html):
        return 0
    open_: dict[str, int] = {}
    cost = depth = 0
    for closing, name, attributes in _TAG.findall(html):
        if len(attributes) >= _LONG:
            cost += len(attributes.split()) ** 2
        name = name.lower()
        if name in _LEVEL:
            cost += depth
        elif not closing:
            open_[name] = open_.get(name, 0) + 1
            depth += 1
            cost += depth * (_FORMATTING_COST if name in _FORMATTING else 1)
        elif open_.get(name):
            open_[name] -= 1
            depth -= 1
    return cost
