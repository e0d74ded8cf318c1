"""The doors of the factors' acceptance tests: the library, and a whole platform over HTTP."""

from tests.features.conftest import (
    anonymous,
    api,
    app,
    blank_installation,
    client,
    llm_server,
    log,
    platform,
    settings,
)

__all__ = [
    "anonymous",
    "api",
    "app",
    "blank_installation",
    "client",
    "llm_server",
    "log",
    "platform",
    "settings",
]
