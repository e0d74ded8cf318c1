"""The whole product in a process of its own, as `liteagent serve` runs it."""

from pathlib import Path

from tests.features.harness.api import Api

_SECRET = "sk-fake-secret-0123456789"


async def test_a_served_installation_goes_from_set_up_to_a_cited_answer(server: Api, tmp_path: Path) -> None:
    meta = await server.got("/api/meta")
    assert (meta["name"], meta["setup_needed"]) == ("LiteAgent", True)
    await server.error(await server.http.get("/api/agents"), 401)
    body = {"email": "me@example.com", "password": "correct horse battery"}
    tokens = (await server.http.post("/api/auth/setup", json=body)).json()
    await server.error(await server.http.post("/api/auth/setup", json=body), 409)
    server.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    assert (await server.got("/api/meta"))["setup_needed"] is False
    assert [each["slug"] for each in (await server.got("/api/agents"))["items"]] == ["liteagent-guide"]

    source = await server.upload(("gate.md", "# Gate \U0001f6aa\r\n\r\nThe gate code is 4711.\r\n".encode()))
    source = await server.indexed(source["id"])
    agent = await server.agent(datasource_ids=[source["id"]])
    reply = await server.say(agent["id"], "What is the gate code?")
    (citation,) = reply["message"]["citations"]
    path = f"/api/datasources/{source['id']}/documents/{citation['document']['id']}/text"
    text = (await server.got(path))["text"]
    assert citation["text"] == text[citation["start"] : citation["end"]]
    frames = await server.stream(agent["id"], "What is the gate code?")
    assert "4711" in "".join(frame.text for frame in frames)
    for cut in frames[:-1]:
        rest = await server.events(frames[0].data["run_id"], cut.id)
        assert rest[-1] == frames[-1]

    provider = {"name": "x", "provider_type": "openai_compatible", "model_name": "m", "api_key": _SECRET}
    made = await server.made("/api/providers", **provider, base_url="http://127.0.0.1:9/v1")
    assert (await server.http.post(f"/api/providers/{made['id']}/test")).json()["ok"] is False
    log = (tmp_path / "serve.log").read_text()
    assert _SECRET not in log
    assert tokens["access_token"] not in log
    assert "Traceback" not in log
