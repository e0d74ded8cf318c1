"""One log for everything: structlog and the standard library, as JSON lines or for a person, on stderr."""

import logging
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from liteagent.infra.observe.redaction import redact

__all__ = ["configure_logging"]

_QUIET = (
    "alembic",
    "uvicorn",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "asyncio",
    "multipart",
    "python_multipart",
)
"""Loggers whose info is not news."""


def configure_logging(
    level: str = "INFO", *, as_json: bool | None = None, stream: TextIO | None = None
) -> None:
    """Set the process's log up; calling it again replaces what was set.

    Args:
        level: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.
        as_json: One JSON object a line; by default where `stream` is no terminal.
        stream: Default stderr.
    """
    out = stream or sys.stderr
    as_json = not out.isatty() if as_json is None else as_json
    shared = _shared_processors()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(shared, as_json=as_json))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
    ]


def _formatter(shared: Sequence[Processor], *, as_json: bool) -> logging.Formatter:
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
    )
