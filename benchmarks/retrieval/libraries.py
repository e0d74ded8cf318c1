"""What is compared, and which Python runs it."""

from dataclasses import dataclass

from benchmarks.comparing.interpreters import OURS, RUNNING, Environment

__all__ = ["LIBRARIES", "Library", "environments"]


@dataclass(frozen=True, slots=True)
class Library:
    """One line of the tables.

    Attributes:
        package: What has to be installed for it, as the package index calls it.
        opening: Module below `subjects`, and the function in it.
        imports: The statements that a program with it begins with.
    """

    name: str
    environment: Environment
    package: str
    opening: tuple[str, str]
    imports: str


_LLAMAINDEX = Environment("llamaindex", "peers-llamaindex", RUNNING)
_HAYSTACK = Environment("haystack", "peers-haystack", RUNNING)
_LANGCHAIN = Environment("langchain", "peers-langchain", RUNNING)

environments = {each.name: each for each in (_LLAMAINDEX, _HAYSTACK, _LANGCHAIN)}
"""Those of the peers, by name."""

_CHAIN = (
    "import warnings; warnings.simplefilter('ignore')\n"
    "from langchain_community.retrievers import BM25Retriever\n"
    "from langchain_classic.retrievers import EnsembleRetriever\n"
    "from langchain_text_splitters import RecursiveCharacterTextSplitter\n"
)
_ALL = (
    Library(
        "liteagent",
        OURS,
        "liteagent",
        ("liteagent", "open_subject"),
        "from liteagent.engine.rag.corpus import InMemoryCorpus\n"
        "from liteagent.engine.rag.retriever import create_retriever\n"
        "from liteagent.providers.vectorstore import sqlite\nsqlite.create",
    ),
    Library(
        "liteagent, platform",
        OURS,
        "liteagent",
        ("platform", "open_subject"),
        "from liteagent.app.embedded import LiteAgent",
    ),
    Library(
        "llamaindex",
        _LLAMAINDEX,
        "llama-index-core",
        ("llamaindex", "open_subject"),
        "from llama_index.core import VectorStoreIndex\n"
        "from llama_index.core.retrievers import QueryFusionRetriever\n"
        "from llama_index.core.node_parser import SentenceSplitter\n"
        "from llama_index.retrievers.bm25 import BM25Retriever",
    ),
    Library(
        "haystack",
        _HAYSTACK,
        "haystack-ai",
        ("haystack", "open_subject"),
        "from haystack import Pipeline\n"
        "from haystack.document_stores.in_memory import InMemoryDocumentStore as Store\n"
        "from haystack.components.retrievers.in_memory import InMemoryBM25Retriever as Words\n"
        "from haystack.components.joiners import DocumentJoiner\n"
        "from haystack.components.preprocessors import RecursiveDocumentSplitter\nStore()",
    ),
    Library(
        "langchain",
        _LANGCHAIN,
        "langchain-core",
        ("langchain", "open_subject"),
        _CHAIN + "from langchain_core.vectorstores import InMemoryVectorStore",
    ),
    Library(
        "langchain, FAISS",
        _LANGCHAIN,
        "faiss-cpu",
        ("langchain", "open_faiss"),
        _CHAIN + "from langchain_community.vectorstores import FAISS\nimport faiss",
    ),
)

LIBRARIES = {each.name: each for each in _ALL}
"""By name."""
