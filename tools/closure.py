"""What a set of requirements installs on this machine, read from the metadata of what is installed."""

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

__all__ = ["closure", "names_of"]


def closure(wanted: Iterable[str]) -> list[Requirement]:
    """These requirements and all that they need on this platform, in each form in which one is asked for."""
    found: dict[str, Requirement] = {}
    ahead = [each for text in wanted if _applies(each := Requirement(text), "")]
    while ahead:
        requirement = ahead.pop()
        if str(requirement) not in found:
            found[str(requirement)] = requirement
            ahead.extend(_needs(requirement))
    return list(found.values())


def names_of(requirements: Iterable[Requirement]) -> set[NormalizedName]:
    """The normalised names of the packages."""
    return {canonicalize_name(each.name) for each in requirements}


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _needs(requirement: Requirement) -> Iterator[Requirement]:
    try:
        texts = requires(requirement.name) or []
    except PackageNotFoundError:
        return
    for text in texts:
        each = Requirement(text)
        if any(_applies(each, extra) for extra in ("", *requirement.extras)):
            yield each
