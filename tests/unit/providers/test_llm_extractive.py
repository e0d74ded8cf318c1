"""Which sentences of a text are quoted."""

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.providers.llm.extractive import Quote, SourceText, best_quotes
from liteagent.providers.llm.sentences import sentences
from liteagent.providers.llm.terms import content_terms, terms


def texts(document: str) -> list[str]:
    return [sentence.text for sentence in sentences(textwrap.dedent(document))]


def quotes(question: str, *documents: str, context: str = "") -> list[Quote]:
    sources = [SourceText(n, f"d{n}", textwrap.dedent(text)) for n, text in enumerate(documents, 1)]
    return best_quotes(question, sources, context)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("copy", "copies"),
        ("copying", "copied"),
        ("files", "file"),
        ("stopped", "stopping"),
        ("install", "installation"),
        ("iterate", "iterating"),
        ("parse", "parser"),
        ("delete", "remove"),
        ("directory", "folders"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert content_terms(one) == content_terms(other) != []


def test_filler_carries_nothing_and_identifiers_are_taken_apart() -> None:
    assert content_terms("How do I use the") == []
    assert content_terms("os.path_exists getCwd") == terms("os path exists get cwd")[:3] + terms("cwd")


def test_scripts_without_spaces_are_compared_by_pairs() -> None:
    assert "北京" in content_terms("北京很大")


def test_sentences_end_where_they_end() -> None:
    assert texts("""
        Use version 3.11, e.g. from the shop. It costs 2.50 euros (approx. 3 dollars). Ask Dr. A. Smith!
        He said "Go away now." Then he went.
    """) == [
        "Use version 3.11, e.g. from the shop.",
        "It costs 2.50 euros (approx. 3 dollars).",
        "Ask Dr. A. Smith!",
        'He said "Go away now."',
    ]


def test_code_headings_tables_and_contents_are_left_out() -> None:
    document = """
        # Copying things

        Contents
        Copying files
        Copying folders
        Index of names

        | name | what it does |
        |------|--------------|
        | copy | It copies files. |

        ```python
        shutil.copy(a, b)  # This is a comment in code.
        ```

        >>> shutil.copy("a", "b")
        'b'

        import shutil
        result = shutil.copy(a, b)
        print(result)

        Source code: Lib/shutil.py is the source code.

        Changed in version 3.8: It now copies faster than before.

        Copying a file keeps its permissions.
    """
    assert texts(document) == ["Copying a file keeps its permissions."]


def test_what_stands_above_a_sentence_is_known() -> None:
    document = """
        ## Directories

        shutil.rmtree(path)

        Delete an entire directory tree.
    """
    (sentence,) = sentences(textwrap.dedent(document))
    assert (sentence.lead, sentence.heading, sentence.first) == ("shutil.rmtree(path)", "Directories", True)


def test_restructured_text_is_understood() -> None:
    document = """
        :mod:`shutil` --- File operations
        =================================

        .. index:: single: copying files

        .. function:: copy(src, dst)

           Copies the file *src*, see :func:`~shutil.copy2` and `the guide <https://x.test>`_.

           .. versionchanged:: 3.3
              Added something that nobody asked for here.

        .. note::

           The metadata of a file is not copied [1]_.
    """
    found = sentences(textwrap.dedent(document))
    assert [sentence.text for sentence in found] == [
        "Copies the file *src*, see `shutil.copy2` and the guide.",
        "The metadata of a file is not copied.",
    ]
    assert {sentence.lead for sentence in found} == {"copy(src, dst)"}


def test_markdown_links_and_loose_numbers_do_not_look_like_citations() -> None:
    assert texts(
        "See [the guide](https://x.test/a_(b)) for the details [3]. Arrays such as argv[1] stay here."
    ) == [
        "See the guide for the details.",
        "Arrays such as argv[1] stay here.",
    ]


def test_a_passage_that_begins_or_ends_in_a_sentence_is_trimmed() -> None:
    assert texts("of the file, which is bad. A whole sentence stands here. And this one is not") == [
        "A whole sentence stands here."
    ]


def test_list_items_are_quoted_one_by_one() -> None:
    assert texts("- Copy the file to the new place\n- Remove the old file afterwards.\n- ok") == [
        "Copy the file to the new place",
        "Remove the old file afterwards.",
    ]


@pytest.mark.parametrize(
    "block",
    [
        "python3 -m venv place\n",
        ">>> import venv\n",
        "```sh\npython3 -m venv place\n```\n",
        "    python3 -m venv place\n    ls place\n",
    ],
)
def test_code_stays_with_the_sentence_that_announces_it(block: str) -> None:
    document = f"To create an environment, run this command:\n\n{block}\nThat is all there is to it."
    first, second = sentences(document)
    assert first.text == "To create an environment, run this command:"
    assert first.code == "\n".join(line.strip() for line in block.splitlines() if "```" not in line)
    assert second.code == ""


def test_long_code_and_code_that_nobody_announces_is_left_out() -> None:
    long = "\n".join(f">>> call_number({number})" for number in range(30))
    assert [
        s.code for s in sentences(f"Run this long program:\n\n{long}\n\nIt is all done.\n\n>>> call()")
    ] == ["", ""]
    assert [s.code for s in sentences("It is already done.\n\n>>> call()")] == [""]


def test_titles_in_a_list_are_no_sentences() -> None:
    assert (
        texts(
            "- File Names, Command Line Arguments, and Environment Variables\n- The Python Profilers Manual"
        )
        == []
    )


def test_the_best_sentence_is_found_and_its_explanation_kept() -> None:
    document = """
        shutil.move(src, dst)

        Move a file to another place. It may be a directory too.

        shutil.copy(src, dst)

        Copy a file to another place.
    """
    (quote,) = quotes("How do I copy a file?", "Files are stored on disks, as everybody knows.", document)
    assert quote == Quote(2, "Copy a file to another place.", "shutil.copy(src, dst)")


def test_a_definition_is_preferred_where_one_is_asked_for() -> None:
    document = (
        "Many programs call a widget often.\n\nA widget is a small part of a window.\n\nThe widget was late."
    )
    assert quotes("What is a widget?", document)[0].text == "A widget is a small part of a window."


def test_the_same_content_is_said_once() -> None:
    document = "The blue pump needs oil every week."
    assert quotes("How often does the blue pump need oil?", document, document) == [Quote(1, document)]


def test_at_most_four_sentences_of_three_sources() -> None:
    documents = [f"The pump of hall {name} needs oil from {name}." for name in "abcdefgh"]
    chosen = quotes("Which pump needs oil?", *documents)
    assert 1 <= len(chosen) <= 4
    assert len({quote.number for quote in chosen}) <= 3


@pytest.mark.parametrize(
    "question", ["", "?!", "the of and", "What is the capital of France?", "pump elephant"]
)
def test_what_does_not_match_is_not_answered(question: str) -> None:
    assert quotes(question, "The pump needs oil every week.", "Write capital letters.") == []


def test_words_of_earlier_questions_help_but_do_not_rule() -> None:
    documents = ["The pump is green.", "The pump is oiled every week, and the valve is cleaned every month."]
    chosen = quotes("When is the valve cleaned?", *documents, context="pump oil")
    assert chosen[0].number == 2


@given(st.text(alphabet=st.sampled_from("ab .!?\n#>`*-=|:()[]_1\t。"), max_size=300))
def test_any_text_is_split_without_loss_of_sense(text: str) -> None:
    for sentence in sentences(text):
        assert sentence.text == sentence.text.strip()
        assert "\n" not in sentence.text
        assert len(sentence.text) <= 420


def test_dots_in_code_are_no_underline() -> None:
    code = "try:\n    ...\nexcept TypeError as exc:\n    ..."
    first, second = sentences(f"To catch it, you must write:\n\n{code}\n\nThat is all of it.")
    assert first.code == code
    assert second.heading == ""


@pytest.mark.alone
def test_hostile_text_takes_no_time_to_speak_of() -> None:
    pieces = [
        "(",
        "[",
        "[a](",
        "`",
        "a ",
        "a.b",
        "_",
        ". A",
        "=",
        "|",
        ":x:`",
        "(a ",
        "a [1",
        "the is ",
        "- ",
        "é",
    ]
    began = time.monotonic()
    for piece in pieces:
        quotes("How do I copy a file?", "The copy " + piece * (20_000 // len(piece)) + " file.")
    assert time.monotonic() - began < 10
