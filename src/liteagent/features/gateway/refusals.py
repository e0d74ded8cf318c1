"""Refusals that several endpoints share."""

from liteagent.contracts.errors import NotFoundError

__all__ = ["model_not_found"]


def model_not_found(name: str) -> NotFoundError:
    """There is nothing of this name that answers."""
    return NotFoundError(
        f"The model `{name[:200]}` does not exist or you do not have access to it. GET /v1/models lists what "
        "there is: agents by slug, flows as `workflow:<id>`, embedding models.",
        code="model_not_found",
        details={"param": "model"},
    )
