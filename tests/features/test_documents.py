"""Documents that cannot be read, paths that may not be, and uploads of every kind."""

from pathlib import Path
from typing import Any

import pytest

from tests.features.harness.api import Api

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


async def _documents(api: Api, datasource_id: str) -> dict[str, dict[str, Any]]:
    listed = (await api.got(f"/api/datasources/{datasource_id}/documents?limit=200"))["items"]
    return {each["name"]: each for each in listed}


async def test_a_document_that_cannot_be_read_says_why_and_the_others_are_ready(api: Api) -> None:
    source = await api.upload(
        ("good.txt", b"The gate code is 4711."),
        ("picture.txt", _PNG),
        ("noise.txt", bytes(range(256)) * 40),
        ("empty.txt", b""),
        ("blank.md", b" \n\t\r\n"),
        ("nul.txt", b"one\x00two " * 100),
        ("utf16.txt", "\ufeffThe pool is heated.".encode("utf-16-le")),
        ("latin.txt", "Die K\u00fcche schlie\u00dft um zehn.".encode("cp1252")),
        ("broken.html", b"<p>The roof <b>is green.<script>alert(1)"),
        ("broken.json", b'{"lift": "out of order", '),
        ("no suffix", b"The attic is closed."),
    )
    source = await api.indexed(source["id"])
    assert (source["status"], source["error"]) == ("ready", None)
    documents = await _documents(api, source["id"])
    failed = {name for name, each in documents.items() if each["status"] == "failed"}
    assert failed == {"picture.txt", "noise.txt", "empty.txt", "blank.md", "nul.txt", "broken.json"}
    assert source["counts"]["documents"] + source["counts"]["failed"] >= 11
    assert source["counts"]["failed"] == 6
    for name in failed:
        error = documents[name]["error"]
        assert error["code"] == "document_unreadable"
        assert name in error["message"]
        shown = await api.got(f"/api/datasources/{source['id']}/documents/{documents[name]['id']}/text")
        assert shown["text"] == ""
    agent = await api.agent(datasource_ids=[source["id"]])
    reply = await api.say(agent["id"], "What is the gate code?")
    assert "4711" in reply["message"]["content"]
    for query, name in (("K\u00fcche", "latin.txt"), ("pool", "utf16.txt"), ("roof", "broken.html")):
        found = await api.http.post(f"/api/datasources/{source['id']}/search", json={"query": query})
        assert [each["document"]["name"] for each in found.json()["items"]] == [name]
    run = await api.got(f"/api/runs/{source['run_id']}")
    assert (run["status"], run["outputs"]["failed"]) == ("COMPLETED", 6)


async def test_a_source_of_which_nothing_can_be_read_has_failed(api: Api) -> None:
    source = await api.upload(("picture.txt", _PNG), ("empty.txt", b""))
    source = await api.indexed(source["id"])
    assert (source["status"], source["error"]["code"]) == ("failed", "nothing_readable")
    agent = await api.agent(datasource_ids=[source["id"]])
    assert (await api.say(agent["id"], "Anything?"))["message"]["citations"] == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.md", "notes.md"),
        ("\U0001f680 o\u0308.txt", "\U0001f680 o\u0308.txt"),
        ("a" * 300 + ".html", None),
        (".hidden", ".hidden"),
        ("..", ".."),
    ],
)
async def test_a_file_name_is_only_a_name(api: Api, sent: str, kept: str | None) -> None:
    source = await api.upload((sent, b"<p>The gate code is 4711.</p>"))
    (name,) = source["files"]
    assert name == (kept or name)
    assert len(name) <= 200
    assert Path(name).suffix == Path(sent).suffix
    source = await api.indexed(source["id"])
    assert source["status"] == "ready"


async def test_uploads_that_cannot_be_are_refused(api: Api) -> None:
    path = "/api/datasources/upload"
    refused: list[dict[str, Any]] = [
        {},
        {"data": {"name": "x"}},
        {"data": {"files": "text"}},
        {"files": [("files", ("", b"x"))]},
        {"files": [("files", ("a.txt", b"x")), ("files", ("a.txt", b"y"))]},
        {"files": [("files", ("b/a.txt", b"x")), ("files", ("c/a.txt", b"y"))]},
        {"files": [("files", ("a.txt", b"x"))], "data": {"name": "  "}},
        {"files": [("files", ("a.txt", b"x"))], "data": {"name": "n" * 201}},
        {"files": [("other", ("a.txt", b"x"))]},
        {"files": [("files", (f"{n}.txt", b"x")) for n in range(1001)]},
        {"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ]
    for arguments in refused:
        response = await api.http.post(path, **arguments)
        assert response.status_code in (415, 422), (arguments, response.text)
    assert (await api.got("/api/datasources"))["items"] == []


async def test_a_text_of_5_mb_is_indexed_and_searched(api: Api) -> None:
    words = [f"w{number * 7919 % 10007}" for number in range(20000)]
    lines = (" ".join(words[at : at + 12]) + ".\n" for at in range(0, len(words), 12))
    text = ("".join(lines) * 60)[:4_999_000] + "\nThe needle lies in row \U0001f33e 7.\n"
    source = await api.text_source(text)
    assert (source["status"], source["counts"]["characters"]) == ("ready", len(text))
    found = await api.http.post(f"/api/datasources/{source['id']}/search", json={"query": "needle row"})
    best = found.json()["items"][0]
    assert "\U0001f33e 7" in best["text"]
    assert best["text"] == text[best["start"] : best["end"]]


async def test_a_path_may_be_named_only_below_the_folders_that_the_operator_opened(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, outside = tmp_path / "open", tmp_path / "secret"
    (opened / "docs").mkdir()
    (opened / "docs" / "a.md").write_text("The gate code is 4711.")
    outside.mkdir()
    (outside / "b.md").write_text("The vault code is 0815.")
    (opened / "link").symlink_to(outside)
    (opened / "docs" / "link.md").symlink_to(outside / "b.md")
    (opened / "loop").symlink_to(opened / "loop")
    (opened / "~").mkdir()
    monkeypatch.setenv("HOME", str(outside))
    monkeypatch.chdir(opened)
    refused = [
        str(outside),
        f"{opened}/../secret",
        f"{opened}/docs/../../secret/b.md",
        f"{opened}/link",
        f"{opened}/link/b.md",
        f"{opened}-not",
        str(tmp_path),
        "/",
        "/etc/passwd",
        "~",
        "~/b.md",
        "~nobody-of-that-name/x",
        f"{opened}/loop",
        "file:///etc/passwd",
    ]
    for path in refused:
        body = {"name": "x", "source_type": "file", "source_path": path}
        error = await api.error(await api.http.post("/api/datasources", json=body), 422)
        assert error["code"] in ("path_not_allowed", "invalid_request"), path
        assert "0815" not in error["message"]
    assert (await api.got("/api/datasources"))["items"] == []

    made = await api.made("/api/datasources", name="x", source_type="file", source_path=str(opened / "docs"))
    source = await api.indexed(made["id"])
    assert source["status"] == "ready"
    assert set(await _documents(api, source["id"])) == {"a.md"}


async def test_a_folder_exchanged_for_a_link_after_it_was_allowed_is_not_followed(
    api: Api, tmp_path: Path
) -> None:
    docs, outside = tmp_path / "open" / "docs", tmp_path / "secret"
    for folder in (docs, outside):
        folder.mkdir()
        (folder / "a.md").write_text(f"The code of {folder.name} is 4711.")
    made = await api.made("/api/datasources", name="x", source_type="file", source_path=str(docs))
    assert (await api.indexed(made["id"]))["status"] == "ready"
    (docs / "a.md").unlink()
    docs.rmdir()
    docs.symlink_to(outside)
    source = await api.indexed(made["id"])
    assert (source["status"], source["error"]["code"]) == ("failed", "path_not_allowed")
    found = await api.http.post(f"/api/datasources/{made['id']}/search", json={"query": "secret code"})
    assert [each["text"] for each in found.json()["items"] if "secret" in each["text"]] == []


async def test_a_folder_that_is_gone_fails_the_indexing_with_a_reason(api: Api, tmp_path: Path) -> None:
    folder = tmp_path / "open" / "docs"
    made = await api.made("/api/datasources", name="x", source_type="file", source_path=str(folder))
    source = await api.indexed(made["id"])
    assert source["status"] == "failed"
    assert str(folder) in source["error"]["message"]
    folder.mkdir()
    (folder / "a.md").write_text("Here again.")
    source = await api.indexed(made["id"])
    assert (source["status"], source["error"]) == ("ready", None)
    (folder / "a.md").write_bytes(_PNG)
    (folder / "b.md").write_text("Another one.")
    source = await api.indexed(made["id"])
    assert {name: each["status"] for name, each in (await _documents(api, made["id"])).items()} == {
        "a.md": "failed",
        "b.md": "ready",
    }
    found = await api.http.post(f"/api/datasources/{made['id']}/search", json={"query": "again"})
    assert found.json()["items"] == []


async def test_a_source_cannot_change_what_it_is(api: Api) -> None:
    source = await api.upload(("a.txt", b"alpha"))
    refused = await api.http.patch(f"/api/datasources/{source['id']}", json={"content": "beta"})
    assert "text source" in (await api.error(refused, 422))["message"]


async def test_a_new_chunker_takes_effect_at_the_next_indexing(api: Api) -> None:
    source = await api.text_source("One sentence of some words. " * 100)
    path = f"/api/datasources/{source['id']}"
    await api.http.patch(path, json={"chunker": {"chunk_size": 100, "overlap": 0}})
    assert (await api.got(path))["counts"] == source["counts"]
    again = await api.indexed(source["id"])
    assert again["counts"]["chunks"] > source["counts"]["chunks"] * 5
