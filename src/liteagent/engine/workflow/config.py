"""What a node takes, as a pydantic model.

It stands apart from handlers, so that an engine imports fast: pydantic takes as long as the rest.
"""

from pydantic import BaseModel, ConfigDict

__all__ = ["AnyConfig", "Config"]


class Config(BaseModel):
    """Base of node configs: unknown keys are refused, values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AnyConfig(Config):
    """A config that may hold anything."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
