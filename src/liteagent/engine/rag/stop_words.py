"""Words too frequent to say what a text is about, by language."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["STOP_WORDS"]

_ENGLISH = """
a about after again all also am an and any are as at be because been before being between both but by can
cannot could d did do does doing down during each few for from further had has have having he her here hers
herself him himself his how i if in into is it its itself just ll m may me might more most must my myself no
nor not now of off on once only or other our ours ourselves out over own re s same shall she should so some
such t than that the their theirs them themselves then there these they this those through to too under
until up upon us ve very was we were what when where whether which while who whom whose why will with within
without would you your yours yourself yourselves don doesn didn isn aren wasn weren won wouldn shouldn
couldn hasn haven hadn ain
"""

STOP_WORDS: Mapping[str, frozenset[str]] = MappingProxyType({"english": frozenset(_ENGLISH.split())})
"""Folded words; a language that is not here has none, and BM25 gives frequent words little weight anyway."""
