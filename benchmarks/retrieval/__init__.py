"""Retrieval side by side: ours, LlamaIndex, Haystack and LangChain."""
