"""Texts of many scripts and shapes, and stand-ins for what a model would bring."""

import re
import zlib
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from liteagent.contracts.embedding import Vectors

WORDS = [
    "a",
    "Größe",
    "Ελληνικά",
    "Кириллица;",
    "Հայերեն։",
    "ქართული",
    "עברית?",
    "مرحبا بالعالم؟",
    "हिन्दी। क्षत्रिय",
    "বাংলা।",
    "ਪੰਜਾਬੀ",
    "ગુજરાતી",
    "ଓଡ଼ିଆ",
    "தமிழ்",
    "తెలుగు",
    "ಕನ್ನಡ",
    "മലയാളം",
    "සිංහල",
    "ภาษาไทยไม่มีช่องว่าง",
    "ພາສາລາວ",
    "བོད་སྐད།",
    "မြန်မာ။",
    "ខ្មែរ។",
    "አማርኛ።",
    "ᠮᠣᠩᠭᠣᠯ",
    "吾輩は猫である。",
    "中文没有空格，",
    "한국어",
    "\u1112\u1161\u11ab",
    "e\u0301\u0323",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5",
    "\U0001d538\U00010330",
    "x" * 130,
    "\ud800\udc00",
    "\udfff",
    "\x00",
]
MARKUP = [
    "# Title\n",
    "## Is it so?\n",
    "Title\n-----\n",
    "| Q | A |\n|---|---|\n| why | because |\n| how | so |\n",
    "|a|b|\n",
    "- item\n",
    "1. item\n  more\n",
    "```\n",
    "Q: why?\nA: because\n",
    "Q: \n",
    "A: ",
    "def f(a,\n      b):\n    return 1\n",
    "class C:\n    def m(self): pass\n",
    "function g() {\n  h('}');\n}\n",
    "}\n",
    "{",
    "(",
    '"""',
    "/*",
    "*/",
    "'",
    "\\",
    "@d\n",
    "# note\n",
    "// note\n",
    "---\n",
]
BREAKS = [" ", "\n", "\n\n", "\r\n", "\r\n\r\n", ". ", "? ", "\t", "\u3000", "\r", "", "    "]

texts = st.one_of(
    st.lists(st.sampled_from(WORDS + BREAKS), max_size=60).map("".join),
    st.lists(st.sampled_from(MARKUP + BREAKS + WORDS[:3]), max_size=60).map("".join),
    st.lists(st.sampled_from(WORDS + MARKUP + BREAKS), max_size=60).map("".join),
    st.text(max_size=300),
    st.text(alphabet="ab \n\r.|-#\u0301\u200d", max_size=300),
)


def encode(some: Sequence[str]) -> Vectors:
    """Unit vectors that are alike where texts share words."""
    vectors = np.full((len(some), 64), 1e-3, dtype=np.float32)
    for row, text in zip(vectors, some, strict=True):
        for word in re.findall(r"\w+", text.casefold()):
            row[zlib.crc32(word.encode("utf-8", "surrogatepass")) % 64] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def token_starts(text: str) -> list[int]:
    """Words and signs, as a tokenizer that puts two tokens into each sign beyond the basic plane."""
    starts = [match.start() for match in re.finditer(r"\w+|[^\w\s]", text)]
    return starts + [place for place in starts if text[place] > "\uffff"]


def tokens_in(starts: Sequence[int], start: int, end: int) -> int:
    """How many tokens touch [start, end); one reaches to where the next begins."""
    inside = sum(start <= place < end for place in starts)
    return inside + (start not in starts and any(place < start for place in starts))
