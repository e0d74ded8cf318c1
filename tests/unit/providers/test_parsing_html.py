"""HTML pages as a reader sees them."""

import pytest

from liteagent.contracts.datasource import ParsedDocument, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.html import create


def _parse(html: str | bytes) -> ParsedDocument:
    return create().parse(RawDocument("a.html", html.encode() if isinstance(html, str) else html))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<p>a  <b>bold</b>\n word<i>!</i></p>", "a bold word!"),
        ("<p>a<b> x </b>b</p>", "a x b"),
        ("<ul><li>one<li>two<ul><li>deep</ul><li>three</ul>", "- one\n- two\n  - deep\n- three"),
        ("<ol start=3><li><p>one</p><p>more</p><li>two</ol>", "3. one\n\nmore\n\n4. two"),
        ("<ul><li></li><li>two</li></ul>", "- two"),
        (
            "<table><tr><th>a<th>b<tr><td>1<td><p>2</p><p>3</p></table>",
            "| a | b |\n| --- | --- |\n| 1 | 2 3 |",
        ),
        (
            "<table><tr><td colspan=2>a|b<td>c<tr><td><td>x</table>",
            "| a\\|b | | c |\n| --- | --- | --- |\n| | x |",
        ),
        ("<table><tr><td>boxed</table>", "boxed"),
        (
            "<table><tr><td><table><tr><td>a<td>b</table><td><h1>c</h1></table>",
            "| a | b |\n| --- | --- |\n\nc",
        ),
        ("<pre>def f():\n    <span>return</span> 1\n\n\n</pre><p>x", "def f():\n    return 1\n\nx"),
        ("<p>a<pre>\n  b\n</pre>c", "a\n\n  b\n\nc"),
        ("<dl><dt>term<dd>meaning</dl>", "term\nmeaning"),
        ("a<script>x()</script><style>y</style><noscript>n</noscript><template>t</template>b", "ab"),
        ("<nav>n</nav><header>h</header><p>text</p><aside>s</aside><footer>f</footer>", "text"),
        ("<nav>n</nav><main><header>h</header>text<aside>note</aside></main>rest", "h\ntext\n\nnote"),
        ("x<div role=main>text</div>y", "text"),
        ("x<article>text</article>y", "text"),
        ("<article>one</article><article>two</article>", "one\n\ntwo"),
        ("<main></main><p>text", "text"),
        ("<p hidden>a<b hidden>b</b></p><p aria-hidden=true>c</p>d", "d"),
        ("<h1>Tea<a class=headerlink href=#>¶</a></h1>", "Tea"),
        ("a&nbsp;b &lt;c&gt; &amp;&#0;", "a\u00a0b <c> &\ufffd"),
        ("<!-- no -->a<!-- no -->b", "ab"),
        ("<svg><text>s</text></svg><select><option>o</select><button>b</button>a", "a"),
    ],
)
def test_what_a_reader_sees(html: str, text: str) -> None:
    assert _parse(html).text == text


def test_headings_are_sections() -> None:
    document = _parse(
        "<title> The  page </title><main>intro<h1>One <em>thing</em></h1><p>text</p>"
        "<ul><li><h3> Deep </h3>more</ul><h2></h2></main>"
    )
    assert document.title == "The page"
    assert [(s.level, s.title) for s in document.sections] == [(1, "One thing"), (3, "Deep")]
    assert all(document.text[s.start :].startswith(s.title) for s in document.sections)


def test_without_a_title_the_first_heading_is_it() -> None:
    assert _parse("<h2>Tea</h2>").title == "Tea"
    assert _parse("<p>Tea").title is None


@pytest.mark.parametrize(
    "html",
    [
        "<p>Grüße".encode(),
        "<p>Grüße".encode("utf-16"),
        '<meta charset="iso-8859-15"><p>Grüße'.encode("iso-8859-15"),
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252"><p>Grüße'.encode("cp1252"),
        '<meta charset="no-such-thing"><p>Grüße'.encode("cp1252"),
        '<meta charset="hex"><p>Grüße'.encode("cp1252"),
        "<p>Grüße".encode("cp1252"),
    ],
)
def test_encodings(html: bytes) -> None:
    assert _parse(html).text == "Grüße"


def test_a_declared_encoding_may_be_japanese() -> None:
    assert _parse("<meta charset=shift_jis><p>吾輩は猫である".encode("shift_jis")).text == "吾輩は猫である"


@pytest.mark.parametrize("html", ["<p> </p>", "<script>only()</script>", "<p>&nbsp;<br>", "<!-- -->"])
def test_a_page_without_text_is_unreadable(html: str) -> None:
    with pytest.raises(DocumentUnreadableError, match="no text"):
        _parse(html)


@pytest.mark.parametrize(
    ("tag", "depth"),
    [("div", 10_000), ("ul><li", 5_000), ("b", 3_000), ("table><tr><td", 30_000), ("span hidden", 10_000)],
)
def test_no_nesting_is_too_deep_to_walk(tag: str, depth: int) -> None:
    document = _parse("before" + f"<{tag}>" * depth + "deep")
    assert document.text.startswith("before")
    assert document.text.endswith("before" if "hidden" in tag else "deep")


@pytest.mark.parametrize(
    "html",
    ["<div>" * 200_000, "<div></x>" * 200_000, "<i>" * 50_000, "<p " + "a " * 100_000, "<DIV><p>" * 100_000],
    ids=["deep", "crossed", "formatting", "attributes", "paragraphs"],
)
def test_what_would_take_minutes_is_refused_at_once(html: str) -> None:
    with pytest.raises(DocumentUnreadableError, match="Simplify"):
        _parse("x" + html + ">x")


def test_a_long_choice_takes_no_time() -> None:
    assert _parse("text<select>" + "<option>x" * 100_000).text == "text"


def test_a_large_page_is_read_in_one_piece() -> None:
    row = "<tr><td>cell</td><td><a href='x'>link</a></td></tr>"
    text = _parse("<table>" + row * 20_000 + "</table>").text
    assert text.count("| cell | link |") == 20_000


def test_what_a_page_says_of_itself() -> None:
    document = _parse(
        "<html lang=de><meta name=Author content=' Anna  M '><meta name=viewport content=x></head><p>Tee"
    )
    assert document.metadata == {"language": "de", "author": "Anna M"}
