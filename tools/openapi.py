"""The OpenAPI document of the API, as text: `python -m tools.openapi > web/openapi.json`."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from liteagent.app.serving import web_app
from liteagent.app.settings import load_settings
from liteagent.app.wiring import open_platform

__all__ = ["document", "main"]


async def document() -> dict[str, Any]:
    """What `/openapi.json` answers in an empty installation."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Path(folder), env_file=None)
        async with open_platform(settings, work=False) as platform:
            return web_app(platform).openapi()


def main() -> int:
    """Print it; the exit code."""
    json.dump(asyncio.run(document()), sys.stdout, indent=1, sort_keys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
