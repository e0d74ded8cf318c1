"""Whether a secret that somebody chose is one."""

__all__ = ["weakness"]

_MIN_LENGTH = 32
_EXAMPLES = (
    "your-secret-key",
    "your-jwt-secret",
    "liteagent-sandbox",
    "postgres:postgres",
    "changeme",
    "change-me",
)
_MIN_DISTINCT = 8


def weakness(secret: str) -> str | None:
    """What is wrong with a secret, to follow its name in a sentence; None if nothing is."""
    lowered = secret.strip().lower()
    if not lowered:
        return "is empty"
    if any(example in lowered for example in _EXAMPLES):
        return "is an example from the documentation"
    if len(secret.encode()) < _MIN_LENGTH:
        return f"is shorter than {_MIN_LENGTH} characters"
    if len(set(secret)) < _MIN_DISTINCT:
        return "repeats a few characters"
    return None
