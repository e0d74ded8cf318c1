"""Early words on what will not work. They hold nobody back: the walls do that."""

import re

from liteagent_sandbox.protocol import RunRequest

__all__ = ["warnings"]

_PATTERNS = {
    r"\b(subprocess|os\.(system|popen|fork|exec\w*|spawn\w*)|child_process)\b": "no program starts here",
    r"\b(ctypes|__subclasses__|process\.binding)\b": "there is nothing to reach around the language",
    r"\b(socket|requests|urllib|httpx|aiohttp|fetch)\b": "there may be no network here",
}


def warnings(request: RunRequest) -> str:
    """A line for each pattern that the code has; empty for none."""
    if request.language == "jinja2":
        return ""
    found = [f"sandbox: {text}" for pattern, text in _PATTERNS.items() if re.search(pattern, request.code)]
    return "".join(f"{line}\n" for line in found)
