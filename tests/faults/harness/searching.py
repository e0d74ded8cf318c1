"""Is every document found by the word that only it has? Asks the index that the database gives."""

from pathlib import Path

from sqlalchemy.orm import Session

from liteagent.contracts.retrieval import RetrievalQuery
from liteagent.engine.rag.search import SearchParts, SearchRetriever
from liteagent.engine.rag.searchers import WordSearcher
from liteagent.features.knowledge.catalog import IndexCatalog, ServedWords
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.searching import WorkspaceTexts
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.providers.vectorstore.memory import MemoryVectorStore
from tests.faults.harness.accepted import AcceptLog, IndexedSource

__all__ = ["problems_of_search"]


async def problems_of_search(path: Path, log: AcceptLog) -> list[str]:
    """Documents that a search for their own word does not find, or finds more than once."""
    database = SqliteDatabase(path)
    try:
        return [problem for source in log.sources for problem in await _source(database, source)]
    finally:
        await database.close()


async def _source(database: SqliteDatabase, source: IndexedSource) -> list[str]:
    workspace_id = await database.read(lambda session: _workspace(session, source.datasource_id))
    catalog = IndexCatalog(database, MemoryVectorStore())
    sources = await catalog.served(workspace_id, [source.datasource_id])
    words = WordSearcher(ServedWords(catalog, sources))
    parts = SearchParts({"bm25": words}, WorkspaceTexts(database, workspace_id), workspace_id)
    retriever = SearchRetriever(parts)
    problems: list[str] = []
    for token in source.tokens:
        found = (await retriever.retrieve(RetrievalQuery(token, 5, (source.datasource_id,)))).passages
        holding = [passage for passage in found if token in passage.text]
        if len(holding) != 1 or found[0] is not holding[0]:
            problems.append(f"searching {token} found it {len(holding)} times among {len(found)} passages")
    return problems


def _workspace(session: Session, datasource_id: str) -> str:
    row = session.get(DataSourceRow, datasource_id)
    assert row is not None, f"data source {datasource_id} is lost"
    return row.workspace_id
