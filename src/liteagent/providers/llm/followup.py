"""What a question leans on: small talk, and follow-ups that need the question before. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from liteagent.providers.llm.terms import content_words

__all__ = ["is_about_the_model", "search_text"]

_SMALL_TALK: Final = re.compile(
    r"\W*(((hi|hello|hey|hallo|good (morning|day|afternoon|evening)|thanks|thank you|many thanks|bye|goodbye)"
    r"( there| everyone| all| very much| a lot)?)"
    r"|(who|what) are you|what can you do|what is your name|are you (an? )?(llm|ai|bot|human|language model)"
    r"|help|help me|test)\W*",
    re.IGNORECASE,
)
_CONTINUES: Final = re.compile(
    r"\s*(and|or|but|also|then|so|why|what about|how about|what else|more)\b", re.IGNORECASE
)
_REFERS: Final = re.compile(
    r"\b(it|its|they|them|their|those|these|he|she|him|her"
    r"|(this|that|the same|the first|the second|other) ones?"
    r"|(about|does|do|did|is|are|of|with|for|like|than|after|before|without) (this|that)"
    r"|the (same|former|latter))\b",
    re.IGNORECASE,
)
_FEW: Final = 4
_BACK: Final = 3


def is_about_the_model(question: str) -> bool:
    """Whether a message greets, thanks, or asks what it is talking to."""
    return not question.strip() or _SMALL_TALK.fullmatch(question) is not None


def search_text(questions: Sequence[str]) -> str:
    """The last question; if it leans on the one before, with that one's words added (and so on, a few back).

    >>> search_text(["How do I copy a file?", "And how do I move it?"])
    'And how do I move it? copy file'
    """
    if not questions:
        return ""
    text, known = questions[-1], set(content_words(questions[-1]))
    for at in range(len(questions) - 1, max(0, len(questions) - 1 - _BACK), -1):
        if not _leans_back(questions[at]):
            break
        added = [word for word in content_words(questions[at - 1]) if word not in known]
        known.update(added)
        text = " ".join([text, *added])
    return text


def _leans_back(question: str) -> bool:
    carried = content_words(question)
    return not carried or (
        len(carried) <= _FEW and bool(_CONTINUES.match(question) or _REFERS.search(question))
    )
