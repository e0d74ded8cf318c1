"""The socket for large values that are kept by what they contain."""

from typing import Protocol

__all__ = ["BlobStore"]


class BlobStore(Protocol):
    """Content-addressed bytes: the key of a blob is the hexadecimal SHA-256 of its content."""

    async def put(self, data: bytes) -> str:
        """Store `data` durably and return its key; storing it twice is one blob."""
        ...

    async def get(self, key: str) -> bytes:
        """The bytes of a key.

        Raises:
            NotFoundError: There is no such blob.
        """
        ...
