"""Who acts, in which workspace, and on whose account."""

from dataclasses import dataclass

__all__ = ["Principal", "Spender"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity every repository call is made with.

    Attributes:
        user_id: UUID of the user, or None for the operator at the command line and for the system itself.
        workspace_id: UUID of the only workspace whose rows this principal can see.
        scopes: What an API key is limited to; empty means everything the user may do.
        api_key_id: UUID of the API key that was shown; None where somebody signed in.
    """

    workspace_id: str
    user_id: str | None = None
    scopes: frozenset[str] = frozenset()
    api_key_id: str | None = None

    @property
    def name(self) -> str:
        """How the principal is written into rows: the user's id, or `system`."""
        return self.user_id or "system"


@dataclass(frozen=True, slots=True)
class Spender:
    """On whose account a model is called; what is None or empty is nobody's.

    Attributes:
        run_id: UUID of the run.
        agent_id: UUID of the agent.
        created_by: Who started the run, as `Principal.name` has it.
        api_key_id: UUID of the API key that the run was started with.
        key: Idempotency key of the effect that calls, so that a call repeated after a crash is not counted
            twice.
    """

    run_id: str | None = None
    agent_id: str | None = None
    created_by: str = ""
    api_key_id: str | None = None
    key: str = ""
