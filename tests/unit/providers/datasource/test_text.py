"""The text source."""

import pytest

from liteagent.contracts.datasource import DataSource, Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, InvalidInputError
from liteagent.providers.datasource.text import create as create_source
from liteagent.testing.fetch import ScriptedFetch


def create(config: dict[str, str]) -> DataSource:
    return create_source(config, ScriptedFetch([]))


async def test_it_holds_one_document() -> None:
    source = create({"name": "note.md", "content": "# Grüße"})
    (listed,) = [listed async for listed in source.list()]
    assert (listed.name, listed.locator, listed.size) == ("note.md", "note.md", 9)
    (again,) = [again async for again in create({"name": "note.md", "content": "# Gruß"}).list()]
    assert listed.version != again.version
    assert await source.read(listed) == RawDocument("note.md", "# Grüße".encode())


async def test_the_name_may_be_left_out() -> None:
    (listed,) = [listed async for listed in create({"content": "x"}).list()]
    assert listed.name == "text.txt"


@pytest.mark.parametrize("config", [{}, {"content": ""}, {"content": " \n"}, {"content": "\ud800"}])
def test_what_cannot_be_used_is_refused(config: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="text"):
        create(config)


async def test_another_document_cannot_be_read() -> None:
    with pytest.raises(DocumentUnreadableError, match="again"):
        await create({"content": "x"}).read(Listed("other", "other"))
