"""Words that anybody may have written, marked so that a model can tell where they begin and end."""

import hashlib

__all__ = ["marked_untrusted", "withheld"]


def marked_untrusted(content: str, source: str, note: str) -> str:
    """`content` between two tags whose name depends on every character between them.

    Whoever wrote the content would have to know its own hash to close the tag early. The same content of the
    same source is always marked alike.
    """
    digest = hashlib.sha256("\0".join((source, content)).encode(errors="replace")).hexdigest()
    tag = f"untrusted-{digest[:16]}"
    head = f"{note}\n" if note else ""
    return f'{head}<{tag} source="{_plain(source)}">\n{content}\n</{tag}>'


def withheld(patterns: tuple[str, ...]) -> str:
    """What stands in for a text that is kept from the model."""
    return f"[Withheld: this text reads like instructions to a model ({', '.join(patterns)}).]"


def _plain(source: str) -> str:
    return "".join(each for each in source if each.isalnum() or each in "_-. ")[:80]
