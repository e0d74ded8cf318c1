"""The ways to cut a document's text into pieces, one a file; `liteagent.engine.rag.chunker` is their face."""
