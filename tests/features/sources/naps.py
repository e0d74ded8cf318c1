"""A sleep that takes no time and is remembered."""

from anyio.lowlevel import checkpoint

__all__ = ["Naps"]


class Naps:
    """Counts the seconds that would have been slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await checkpoint()
