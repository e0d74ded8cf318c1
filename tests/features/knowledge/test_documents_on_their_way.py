"""How far documents are, how they are cut, and data sources that keep themselves up to date."""

import time
from typing import Any

import anyio

from liteagent.app.settings import Settings
from liteagent.app.wiring import Platform
from tests.features.harness.api import Api
from tests.features.knowledge.embedder import FakeEmbedder

_SMALL = {"provider_type": "fake", "model": "small"}


async def _documents(api: Api, source: dict[str, Any]) -> dict[str, dict[str, Any]]:
    items = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"]
    return {each["name"]: each for each in items}


async def _folder(api: Api, settings: Settings, **files: str) -> dict[str, Any]:
    folder = settings.file_source_roots[0]
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return {"name": "folder", "source_type": "file", "source_path": str(folder)}


async def test_every_listed_document_is_seen_and_none_is_left_waiting_by_a_cancelled_run(
    api: Api, settings: Settings, embedders: dict[str, FakeEmbedder]
) -> None:
    files = {f"d{n}": f"Text of document number {n}." for n in range(9)}
    made = await api.made("/api/datasources", **await _folder(api, settings, **files), embedding=_SMALL)
    embedders["small"].open.clear()
    started = (await api.http.post(f"/api/datasources/{made['id']}/index")).json()
    with anyio.fail_after(20):
        while len(documents := await _documents(api, made)) < 9:  # noqa: ASYNC110  seen as a client sees it
            await anyio.sleep(0.02)
    assert {each["status"] for each in documents.values()} <= {"queued", "indexing"}
    shown = await api.got(f"/api/datasources/{made['id']}")
    assert (shown["status"], shown["progress"]["total"]) == ("indexing", 9)
    cancelled = await api.http.post(f"/api/runs/{started['run_id']}/cancel")
    assert cancelled.status_code in (200, 202), cancelled.text
    await api.events(started["run_id"])
    documents = await _documents(api, made)
    assert {(each["status"], each["error"]["code"]) for each in documents.values()} == {
        ("failed", "cancelled")
    }
    embedders["small"].open.set()
    source = await api.indexed(made["id"])
    assert (source["status"], source["counts"]["documents"], source["counts"]["failed"]) == ("ready", 9, 0)
    assert source["progress"] == {"done": 9, "total": 9, "percent": 100}


async def test_progress_never_goes_backwards(
    api: Api, settings: Settings, embedders: dict[str, FakeEmbedder]
) -> None:
    files = {f"d{n}": f"Text of document number {n}. " * 40 for n in range(30)}
    made = await api.made("/api/datasources", **await _folder(api, settings, **files), embedding=_SMALL)
    started = (await api.http.post(f"/api/datasources/{made['id']}/index")).json()
    seen: list[int] = []
    with anyio.fail_after(60):
        while not seen or seen[-1] < 100:
            seen.append((await api.got(f"/api/datasources/{made['id']}"))["progress"]["percent"])
            await anyio.sleep(0.01)
    assert seen == sorted(seen)
    assert (await api.got(f"/api/runs/{started['run_id']}"))["status"] == "COMPLETED"


async def test_how_a_document_is_cut_can_be_seen(api: Api) -> None:
    text = "# Tea\n\n" + "Green tea brews at 80 degrees. " * 30 + "\n\n# Coffee\n\nCoffee is brewed hot."
    chunker = {"strategy": "parent_child", "chunk_size": 120, "overlap": 0, "parent_size": 600}
    source = await api.text_source(text, chunker=chunker)
    (document,) = (await _documents(api, source)).values()
    path = f"/api/datasources/{source['id']}/documents/{document['id']}"
    chunks = (await api.got(f"{path}/chunks"))["items"]
    assert len(chunks) == source["counts"]["chunks"] > 5
    stored = (await api.got(f"{path}/text"))["text"]
    for chunk in chunks:
        first, last = chunk["parent"]
        assert first <= chunk["start"] < chunk["end"] <= last <= len(stored)
    found = await api.http.post(
        f"/api/datasources/{source['id']}/search", json={"query": "coffee", "top_k": 1}
    )
    (item,) = found.json()["items"]
    (parent,) = {
        tuple(each["parent"]) for each in chunks if "Coffee is" in stored[each["start"] : each["end"]]
    }
    assert (item["start"], item["end"]) == parent
    assert item["text"] == stored[slice(*parent)]


async def test_files_can_be_added_to_uploaded_ones(api: Api) -> None:
    source = await api.indexed((await api.upload(("a.txt", b"The gate code is 4711.")))["id"])
    files = [("files", ("a.txt", b"The gate code is 9999.")), ("files", ("b.txt", b"The pool is heated."))]
    added = await api.http.post(f"/api/datasources/{source['id']}/files", files=files)
    assert added.json()["files"] == ["a.txt", "b.txt"]
    source = await api.indexed(source["id"])
    assert source["counts"]["documents"] == 2
    found = await api.http.post(f"/api/datasources/{source['id']}/search", json={"query": "gate code"})
    assert [each["text"] for each in found.json()["items"]] == ["The gate code is 9999."]
    text = await api.text_source("Some text.")
    await api.error(await api.http.post(f"/api/datasources/{text['id']}/files", files=files), 422)


async def test_a_data_source_is_indexed_again_when_its_time_has_come(
    api: Api, platform: Platform, settings: Settings
) -> None:
    made = await api.made("/api/datasources", **await _folder(api, settings, a="First."), sync_every=60)
    source = await api.indexed(made["id"])
    assert source["next_sync_at"] is not None
    datasources = platform.knowledge.datasources
    assert await datasources.index_due(time.time()) == 0
    (settings.file_source_roots[0] / "b.txt").write_text("Second.", "utf-8")
    assert await datasources.index_due(time.time() + 61) == 1
    again = await api.got(f"/api/datasources/{made['id']}")
    await api.events(again["run_id"])
    again = await api.got(f"/api/datasources/{made['id']}")
    assert again["counts"]["documents"] == 2
    assert again["next_sync_at"] > source["next_sync_at"]
    patched = await api.http.patch(f"/api/datasources/{made['id']}", json={"sync_every": None})
    assert (patched.json()["sync_every"], patched.json()["next_sync_at"]) == (None, None)


async def test_a_watched_folder_is_indexed_by_itself(
    api: Api, platform: Platform, settings: Settings
) -> None:
    made = await api.made("/api/datasources", **await _folder(api, settings, a="First."), watch=True)
    await platform.knowledge.refresher.look()

    async def holds(count: int) -> None:
        with anyio.fail_after(30):
            path = f"/api/datasources/{made['id']}"
            while (await api.got(path))["counts"]["documents"] != count:  # noqa: ASYNC110  as a client sees it
                await anyio.sleep(0.05)

    await holds(1)
    (settings.file_source_roots[0] / "b.txt").write_text("Second.", "utf-8")
    await holds(2)
    (settings.file_source_roots[0] / "a.txt").unlink()
    await holds(1)


async def test_filters_ask_for_what_documents_say_of_themselves(api: Api) -> None:
    mails = [
        (f"{who}.eml", f"From: {who}@example.com\nSubject: Budget\n\nThe budget is {much} euros.\n".encode())
        for who, much in (("ada", 10), ("bob", 20))
    ]
    source = await api.indexed((await api.upload(*mails))["id"])
    documents = await _documents(api, source)
    (field, value) = next(
        (name, value)
        for name, value in documents["bob.eml"]["metadata"].items()
        if "bob@example.com" in str(value)
    )
    body = {"query": "budget", "where": [{"field": field, "any_of": [value]}]}
    found = (await api.http.post(f"/api/datasources/{source['id']}/search", json=body)).json()
    assert [each["document"]["name"] for each in found["items"]] == ["bob.eml"]
    none = {"query": "budget", "where": [{"field": field, "any_of": ["nobody"]}]}
    assert (await api.http.post(f"/api/datasources/{source['id']}/search", json=none)).json()["items"] == []
