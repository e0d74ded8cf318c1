"""A web site as a table of paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.features.sources.serving import Answer, Heard

__all__ = ["Site", "html", "page"]


def html(*links: str, head: str = "", text: str = "") -> bytes:
    """A page with these links."""
    listed = "".join(f'<p><a href="{link}">x</a></p>' for link in links)
    return f"<!doctype html><html><head>{head}</head><body><h1>{text}</h1>{listed}</body></html>".encode()


def page(*links: str, head: str = "", text: str = "", **headers: str) -> Answer:
    """A page that is served as HTML; `x_robots_tag` stands for `x-robots-tag`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        200, html(*links, head=head, text=text), {"content-type": "text/html; charset=utf-8"} | given
    )


@dataclass
class Site:
    """Answers by path, with the query where it has one; anything else is 404."""

    answers: Mapping[str, Answer | list[Answer]]
    heard: list[Heard] = field(default_factory=list[Heard])

    def __call__(self, heard: Heard) -> Answer:
        self.heard.append(heard)
        path = f"{heard.path}?{heard.query}" if heard.query else heard.path
        found = self.answers.get(path, Answer(404, b"Not here", {"content-type": "text/plain"}))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def count(self, path: str, method: str = "GET") -> int:
        return sum((each.path, each.method) == (path, method) for each in self.heard)
