"""The media types of text that is read as it stands, by suffix."""

from types import MappingProxyType

__all__ = ["PLAIN"]

_SOURCE_CODE = """
.bash .bat .c .cc .cfg .clj .cmake .conf .cpp .cs .css .cxx .dart .ex .exs .go .gradle .graphql .h .hpp .hs
.ini .java .jl .js .jsx .kt .kts .less .lua .mjs .php .pl .properties .proto .ps1 .py .pyi .r .rb .rs .scala
.scss .sh .sql .svelte .swift .tf .toml .ts .tsx .vue .xml .yaml .yml .zig .zsh
"""

PLAIN = MappingProxyType(
    {
        ".log": "text/plain",
        ".markdown": "text/markdown",
        ".md": "text/markdown",
        ".rst": "text/x-rst",
        ".text": "text/plain",
        ".txt": "text/plain",
        **dict.fromkeys(_SOURCE_CODE.split(), "text/x-source"),
    }
)
"""Media type by suffix."""
