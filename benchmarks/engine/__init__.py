"""Workflow engines side by side: ours, LangGraph, DBOS, Burr and graphon."""
