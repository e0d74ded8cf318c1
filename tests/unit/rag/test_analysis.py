"""Words of an index."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.analysis import Analyzer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The connections are connected", ["connect", "connect"]),
        ("max_tokens", ["max_token", "max", "token"]),
        ("getUserName", ["getusernam", "get", "user", "name"]),
        ("XMLHttpRequest", ["xmlhttprequest", "xml", "http", "request"]),
        ("os.path.join", ["os.path.join", "os", "path", "join"]),
        ("__init__", ["__init__", "init"]),
        ("End.", ["end"]),
        ("don't", []),
        ("utf8", ["utf8", "utf", "8"]),
        ("STRASSE Straße", ["strass", "strass"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー", "東", "京"]),
        ("犬", ["犬"]),
        ("Python入門", ["python", "入門", "入", "門"]),
        ("हिन्दी", ["हिन्दी"]),
        ("", []),
        ("?!… \U0001f600", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert Analyzer("english").words(text) == words


def test_composed_and_decomposed_letters_are_the_same() -> None:
    analyzer = Analyzer()
    assert analyzer.counts("café") == analyzer.counts("cafe\u0301")
    assert analyzer.counts("\uff30\uff39") == analyzer.counts("py")  # full-width letters


def test_counts_agree_with_words_and_between_analyzers() -> None:
    text = "Tea, tea and more TEA for the_tea_pot"
    counts = Analyzer().counts(text)
    assert sorted(counts.values()) == [1, 1, 4]
    assert sum(counts.values()) == len(Analyzer().words(text))
    assert Analyzer().counts(text) == counts


def test_a_language_has_its_own_stems() -> None:
    assert Analyzer("german").words("die Häuser") == ["haus"]
    assert Analyzer("german").name != Analyzer("english").name


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="english"):
        Analyzer("klingon")


def test_threads_share_an_analyzer() -> None:
    analyzer = Analyzer()
    texts = [
        " ".join(f"connecting{n}s running{n % 7}" for n in range(start, start + 300)) for start in range(40)
    ]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(analyzer.counts, texts))
    alone = Analyzer()
    assert together == [alone.counts(text) for text in texts]
