"""What one document may cost."""

from dataclasses import dataclass

__all__ = ["ParsingLimits"]

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ParsingLimits:
    """Limits of a child that parses.

    Attributes:
        wall_seconds: From handing the document over to its text; then the child is killed.
        cpu_seconds: Processor time of one document, which ends the child even if nobody watches it any more.
        memory_bytes: Address space beyond what the child has at rest.
        input_bytes: Of the document.
        output_bytes: Of its text.
        files: Open descriptors.
        documents: After so many, a child is replaced.
        grown_bytes: A child that rests with so much more memory than at first is replaced.
    """

    wall_seconds: float = 60.0
    cpu_seconds: int = 30
    memory_bytes: int = 1024 * _MB
    input_bytes: int = 50 * _MB
    output_bytes: int = 200 * _MB
    files: int = 64
    documents: int = 500
    grown_bytes: int = 256 * _MB
