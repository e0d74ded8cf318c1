"""Fixed windows."""

from liteagent.engine.rag.chunker import create_chunker


def test_windows_are_exact() -> None:
    text = "0123456789" * 20
    chunks = create_chunker("fixed", chunk_size=40, overlap=10).chunk("d", text)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [
        (start, start + 40) for start in range(0, 180, 30) if start + 40 <= 200
    ] + [(180, 200)]


def test_a_visible_character_is_not_taken_apart() -> None:
    for unit in (
        "e\u0301",
        "\U0001f469\u200d\U0001f467",
        "\U0001f1e9\U0001f1ea",
        "क्ष",
        "\r\n",
        "กำ",
        "\U0001f3f4\U000e0067\U000e007f",
    ):
        for shift in range(3):
            text = "x" * shift + unit * 80
            chunks = create_chunker("fixed", chunk_size=32, overlap=9).chunk("d", text)
            edges = {edge for chunk in chunks for edge in (chunk.start, chunk.end)} - {0}
            assert all((edge - shift) % len(unit) == 0 for edge in edges), unit


def test_a_character_larger_than_a_chunk_is_taken_apart() -> None:
    text = "e" + "\u0301" * 100
    chunks = create_chunker("fixed", chunk_size=32, overlap=0).chunk("d", text)
    assert "".join(chunk.text for chunk in chunks) == text
    assert all(len(chunk.text) <= 32 for chunk in chunks)
