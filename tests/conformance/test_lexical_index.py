"""The built-in lexical index keeps the promises of the socket."""

import pytest

from liteagent.contracts.retrieval import LexicalIndex
from liteagent.engine.rag.bm25 import create_lexical_index
from liteagent.testing.lexical import LexicalIndexSuite


class TestBm25Index(LexicalIndexSuite):
    @pytest.fixture
    def index(self) -> LexicalIndex:
        return create_lexical_index("bm25", language="english")
