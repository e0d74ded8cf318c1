"""Where a delivery stands."""

from typing import Literal, TypeAlias

__all__ = ["DeliveryStatus"]

DeliveryStatus: TypeAlias = Literal["waiting", "delivered", "skipped", "failed"]
"""`waiting` for its next attempt, or at its end."""
