"""Which language a text is in, and an index that holds several."""

import pytest

from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.bm25 import Bm25Index, create_lexical_index
from liteagent.engine.rag.language import language_of
from liteagent.engine.rag.languages import AutoAnalyzer
from liteagent.engine.rag.stop_words import STOP_WORDS
from liteagent.engine.rag.terms import analyze

TEXTS = {
    "arabic": (
        "يعمل هذا البرنامج على جميع الأنظمة و يمكن أن يستخدم في المنزل أو في المكتب من كل المستخدمين."
    ),
    "catalan": "Aquest programa és molt útil per als usuaris que volen treballar amb els seus documents.",
    "danish": (
        "Programmet er let at bruge, og det kan hjælpe dig med at finde dine "
        "dokumenter, når du ikke ved hvor de er."
    ),
    "dutch": "Het programma is eenvoudig te gebruiken en helpt je om de documenten te vinden die je zoekt.",
    "english": (
        "The program is easy to use and it helps you to find the documents that you are looking for."
    ),
    "finnish": (
        "Ohjelma on helppo käyttää ja se auttaa sinua, kun etsit asiakirjoja, mutta et tiedä missä ne ovat."
    ),
    "french": (
        "Le programme est facile à utiliser et il vous aide à trouver les documents que vous cherchez."
    ),
    "german": (
        "Das Programm ist leicht zu bedienen und hilft dabei, die Dokumente zu finden, die man sucht."
    ),
    "greek": "Το πρόγραμμα είναι εύκολο στη χρήση και σας βοηθά να βρείτε τα έγγραφα που ψάχνετε.",
    "hindi": "यह कार्यक्रम उपयोग करने में आसान है और यह आपको दस्तावेज़ खोजने में मदद करता है।",
    "hungarian": (
        "A program egyszerű, és segít megtalálni azt a dokumentumot, amit keres, ha már nem tudja, hol van."
    ),
    "indonesian": "Program ini mudah digunakan dan membantu anda untuk menemukan dokumen yang anda cari.",
    "italian": (
        "Il programma è facile da usare e aiuta a trovare i documenti che si cercano nella cartella."
    ),
    "norwegian": (
        "Programmet er lett å bruke, og det kan hjelpe deg når du ikke vet "
        "hvor noen av filene ble av etter at du var ute."
    ),
    "portuguese": (
        "O programa é fácil de usar e ajuda você a encontrar os documentos que não estão na pasta."
    ),
    "romanian": (
        "Programul este ușor de folosit și vă ajută să găsiți documentele pe care le căutați în dosar."
    ),
    "russian": (
        "Программа проста в использовании, и она помогает найти документы, "
        "которые вы ищете, если их нет на месте."
    ),
    "spanish": (
        "El programa es fácil de usar y ayuda a encontrar los documentos que se buscan en la carpeta."
    ),
    "swedish": (
        "Programmet är lätt att använda och det hjälper dig att hitta de dokument som du inte vet var de är."
    ),
    "turkish": (
        "Bu program çok kolay bir araç ve aradığınız belgeler için size yardım eder, ama daha hızlı değil."
    ),
}
NONE = ["", "12345 -- ///", "def f(x): return x + 1", "日本語の文章です。", "tea", "Straße Haus Baum Wagen"]


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_or_two_tell_their_language(language: str) -> None:
    assert language_of(TEXTS[language]) == language


@pytest.mark.parametrize("text", NONE)
def test_what_has_no_frequent_words_is_left_open(text: str) -> None:
    assert language_of(text) is None


def test_only_some_languages_may_come_into_question() -> None:
    assert language_of(TEXTS["german"], ["english", "german"]) == "german"
    assert language_of(TEXTS["german"], ["french"]) is None
    assert language_of(TEXTS["greek"], ["french"]) is None


def test_stop_words_are_folded_and_have_a_stemmer() -> None:
    for language, words in STOP_WORDS.items():
        assert len(words) >= 30
        assert all(word == word.casefold() for word in words)
        assert Analyzer(language).words(" ".join(words)) == []


def index_of(**texts: str) -> Bm25Index:
    index = create_lexical_index("bm25", language="auto")
    for name, text in texts.items():
        index.add(name, [Chunk(name, name, 0, 0, len(text), text)])
    return index


def found(index: Bm25Index, query: str) -> list[str]:
    return [hit.chunk_id for hit in index.search(query, 9)]


def test_each_document_is_stemmed_in_its_language() -> None:
    index = index_of(
        de="Die Häuser sind in der Stadt, und die Katzen schlafen auf dem Dach.",
        en="The houses are in the town, and the cats are sleeping on the roof.",
        ru="Книги лежат на столе, и они были там всё время, когда мы ушли из дома.",
    )
    assert found(index, "Haus schlafend") == ["de"]
    assert found(index, "sleeps") == ["en"]
    assert found(index, "книгами") == ["ru"]
    assert index.analyzers() == {"german/1", "english/1", "russian/1"}
    index.remove("de")
    assert index.analyzers() == {"english/1", "russian/1"}
    assert found(index, "Haus") == []


def test_stop_words_of_the_question_do_not_find_documents_in_another_language() -> None:
    index = index_of(
        de="Das Handbuch ist für die Entwickler und heißt `The Book`, wie man es kennt.",
        en="Tea is made from leaves, and it is what the people of the island drink.",
    )
    assert found(index, "What is the drink of the people that are on the island?") == ["en"]


def test_documents_of_a_fixed_language_are_taken_and_the_other_way_round() -> None:
    chunk = Chunk("c", "d", 0, 0, 6, "Häuser")
    auto, german = Bm25Index(AutoAnalyzer()), Bm25Index(Analyzer("german"))
    auto.add_terms("d", ["c"], analyze(Analyzer("german"), [chunk]))
    assert found(auto, "Haus") == ["c"]
    german.add_terms("d", ["c"], analyze(AutoAnalyzer("german"), [chunk]))
    assert found(german, "Haus") == ["c"]
    with pytest.raises(InvalidInputError, match="english/1"):
        german.add_terms("e", ["c"], analyze(Analyzer("english"), [chunk]))


@pytest.mark.parametrize("name", ["klingon/1", "german/99", "auto", ""])
def test_terms_of_unknown_analysers_are_refused(name: str) -> None:
    assert not AutoAnalyzer().accepts(name)
