"""Who acts, and in which workspace."""

from dataclasses import dataclass

__all__ = ["Principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity every repository call is made with.

    Attributes:
        user_id: UUID of the user, or None for the operator at the command line and for the system itself.
        workspace_id: UUID of the only workspace whose rows this principal can see.
        scopes: What an API key is limited to; empty means everything the user may do.
    """

    workspace_id: str
    user_id: str | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """How the principal is written into rows: the user's id, or `system`."""
        return self.user_id or "system"
