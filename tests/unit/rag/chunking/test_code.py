"""Code: definitions of every kind, whole files and broken ones."""

import ast
import inspect
import json
import textwrap
import time
from types import ModuleType
from typing import Any

import pytest

from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag import bm25
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.chunking.languages import language_named, language_of
from liteagent.engine.rag.chunking.statements import statements

JAVA = """
package a.b;

import java.util.List;

/** Counts. */
@Deprecated
public class Counter<T> {
    private int count = 0;

    // Adds one } to it
    @Override
    public int add(List<T> some,
                   char brace) {
        if (brace == '{') {
            count += some.size();
        }
        return count;
    }

    int get() { return count; }
}

class Other {
    String text = "}";
}
"""
SCRIPT = """
import x from 'x';

const limit = 10; // don't

export const add = (a, b) => {
  return `${a} } ${b}`;
};

describe('it', () => {
  it('adds', () => {
    expect(add(1, 2)).toBe('1 } 2');
  });

  it('subtracts', () => {
    expect(1).toBe(1);
  });
});
"""
RUST = """
use std::fmt;

#[derive(Debug)]
pub struct Point<'a> {
    name: &'a str,
}

impl<'a> Point<'a> {
    pub fn new(name: &'a str) -> Self {
        Point { name }
    }

    fn open() -> char { '{' }
}

fn main() {}
"""


def _cut(text: str, size: int, media_type: str = "text/plain", **options: Any) -> list[Chunk]:
    return create_chunker("code", chunk_size=size, overlap=0, **options).chunk(
        "d", text, media_type=media_type
    )


def _defined(text: str, language: str) -> list[str]:
    found = statements(text, language_named(language))
    return [text[one.head :].lstrip().partition("\n")[0] for one in found if one.defines]


@pytest.mark.parametrize("module", [ast, inspect, json.decoder, textwrap, bm25])
def test_every_python_definition_is_found_where_the_compiler_finds_it(module: ModuleType) -> None:
    text = inspect.getsource(module)
    line_starts = [0]
    for line in text.split("\n"):
        line_starts.append(line_starts[-1] + len(line) + 1)
    known = {
        line_starts[node.lineno - 1]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    assert {one.head for one in statements(text, language_named("python")) if one.defines} == known
    assert language_of(text, "text/x-source") is language_named("py")


def test_python_is_cut_at_outermost_then_at_nested_definitions() -> None:
    text = textwrap.dedent(
        '''
        """Module."""
        import os

        # About f.
        @cached(
            size=3,
        )
        def f(a):
            """Doc

        def not_a_definition():
            """
            return a

        class C:
            """A class."""

            def one(self):
                return "words " * 20

            def two(self):
                return "words " * 30
        '''
    )
    chunks = _cut(text, 120)
    assert [chunk.text.splitlines()[0].strip() for chunk in chunks] == [
        '"""Module."""',
        "# About f.",
        "class C:",
        "def two(self):",
    ]
    assert [chunk.context for chunk in chunks] == ["", "", "", "class C:"]


def test_small_neighbours_share_a_chunk() -> None:
    text = "\n\n".join(f"def f{n}():\n    return {n}" for n in range(20))
    chunks = _cut(text, 100)
    assert all(chunk.text.startswith("def f") for chunk in chunks)
    assert all(chunk.text.count("def f") == 4 for chunk in chunks[:3])


def test_a_long_function_is_cut_at_blank_lines_under_its_first_line() -> None:
    body = "\n\n".join(f"    a{n} = call({n})\n    b{n} = call(a{n})" for n in range(12))
    chunks = _cut(f"def long(x):\n{body}\n", 150)
    assert all(chunk.text.startswith("    a") for chunk in chunks[1:])
    assert {chunk.context for chunk in chunks[1:]} == {"def long(x):"}


def test_java() -> None:
    assert _defined(JAVA, "java") == [
        "public class Counter<T> {",
        "public int add(List<T> some,",
        "int get() { return count; }",
        "class Other {",
    ]
    chunks = _cut(JAVA, 260, "text/x-java")
    assert [chunk.text.splitlines()[0].strip() for chunk in chunks] == [
        "package a.b;",
        "/** Counts. */",
        "// Adds one } to it",
        "class Other {",
    ]
    assert [chunk.context for chunk in chunks] == ["", "", "public class Counter<T> {", ""]


def test_javascript() -> None:
    assert _defined(SCRIPT, "js")[:2] == ["export const add = (a, b) => {", "describe('it', () => {"]
    assert language_of(SCRIPT, "text/x-source") is language_named("typescript")


def test_rust() -> None:
    assert _defined(RUST, ".rs") == [
        "pub struct Point<'a> {",
        "impl<'a> Point<'a> {",
        "pub fn new(name: &'a str) -> Self {",
        "Point { name }",  # a block as any other, for all that it knows
        "fn open() -> char { '{' }",
        "fn main() {}",
    ]


def test_languages_without_braces() -> None:
    assert _defined("class A\n  def b\n    1\n  end\n\n  def c = 2\nend\n", "ruby") == [
        "class A",
        "def b",
        "def c = 2",
    ]
    assert _defined("-- note\nlocal function f()\n  return 1\nend\n", "lua") == ["local function f()"]
    assert _defined("CREATE TABLE a (\n  b int\n);\nSELECT 1;\n", "sql") == ["CREATE TABLE a ("]
    assert _defined("(ns a)\n(defn b [c]\n  (d c))\n", "clj") == ["(ns a)", "(defn b [c]"]


@pytest.mark.parametrize(
    "broken",
    [
        "def f(:\n    x = [1, 2\n    '''never closed\n\ndef g():\n    pass\n",
        "class A:\n  def f(self):\n\treturn {\n\ndef g(): pass\n",
    ],
)
def test_a_broken_file_goes_on_at_the_next_definition(broken: str) -> None:
    assert any(line.startswith("def g()") for line in _defined(broken, "python"))


def test_what_is_no_program_is_cut_by_structure() -> None:
    text = "# A\n\n" + "words " * 20 + "\n\n# B\n\n" + "words " * 20
    assert [chunk.heading for chunk in _cut(text, 200, "text/markdown")] == [("A",), ("B",)]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"'klingon'.*python"):
        create_chunker("code", language="klingon")


@pytest.mark.alone
@pytest.mark.parametrize(
    "unit",
    [
        "/*",
        '"""',
        "`",
        "{",
        "}",
        "(",
        "\\'",
        '\\"',
        "class A {",
        "def f(",
        "if x:\n",
        " {\n",
        "# c\n",
        '"',
        "a\n\n",
    ],
)
def test_time_is_linear_in_the_text(unit: str) -> None:
    chunker = create_chunker("code", chunk_size=1000, overlap=0)
    text = unit * (200_000 // len(unit))
    began = time.process_time()
    chunker.chunk("d", text)
    assert time.process_time() - began < 5
