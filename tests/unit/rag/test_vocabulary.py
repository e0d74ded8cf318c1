"""Numbers for pieces of text."""

from concurrent.futures import ThreadPoolExecutor

from liteagent.engine.rag.vocabulary import Vocabulary


def learn(piece: str) -> list[int]:
    return [len(part) for part in piece.split("-") if part]


def test_terms_come_in_the_order_of_the_pieces() -> None:
    terms, sizes = Vocabulary(learn).terms(["a", "bb-ccc", "", "bb-ccc"])
    assert (terms.tolist(), sizes.tolist()) == ([1, 2, 3, 2, 3], [1, 2, 0, 2])
    assert Vocabulary(learn).terms([])[0].tolist() == []


def test_a_piece_is_learnt_once_unless_it_is_long() -> None:
    asked: list[str] = []
    vocabulary = Vocabulary(lambda piece: asked.append(piece) or learn(piece))
    long = "x" * 200
    for _ in range(2):
        assert vocabulary.terms(["a", long])[0].tolist() == [1, 200]
    assert asked == ["a", long, long]
    assert vocabulary.given_out == 3


def test_what_the_one_before_knows_is_not_learnt_again() -> None:
    before = Vocabulary(learn)
    before.terms(["bb-ccc"])
    after = Vocabulary(lambda _piece: [0], before)
    assert after.terms(["bb-ccc", "new"])[0].tolist() == [2, 3, 0]
    after.forget_before()
    assert after.terms(["bb-ccc"])[0].tolist() == [2, 3]


def test_threads_share_a_vocabulary() -> None:
    vocabulary = Vocabulary(learn)
    pieces = [
        [f"{'a' * (n % 7)}-{'b' * (n % 11)}-{n % 50}" for n in range(start, start + 400)]
        for start in range(30)
    ]
    with ThreadPoolExecutor(8) as pool:
        together = [terms.tolist() for terms, _ in pool.map(vocabulary.terms, pieces)]
    assert together == [[term for piece in some for term in learn(piece)] for some in pieces]
