"""Files that come with the package: beside the source in a checkout, inside it in a wheel."""

from importlib.resources import files
from pathlib import Path

__all__ = ["resource_folder"]


def resource_folder(name: str) -> Path:
    """The folder `name` (`migrations`, `docs`)."""
    package = Path(str(files("liteagent")))
    packed = package / "_data" / name
    return packed if packed.is_dir() else package.parent.parent / name
