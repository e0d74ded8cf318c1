"""`liteagent user`, `key`, `doctor` and `version`."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]


def test_version(cli: Cli) -> None:
    done = cli("version")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"LiteAgent {version('liteagent')} ")


def test_the_command_line_starts_without_the_heavy_parts() -> None:
    program = (
        "import sys; import liteagent.app.cli.main; "
        "print([each for each in ('pydantic', 'sqlalchemy', 'fastapi', 'numpy', 'openai', 'uvicorn') "
        "if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_users_and_keys(cli: Cli, data: Path) -> None:
    created = cli("user", "create", "Ada@example.com", "--data", data, typed="correct horse battery\n")
    assert (created.code, created.out) == (0, "ada@example.com can sign in now.\n")
    again = cli("user", "create", "ada@example.com", "--password", "another password", "--data", data)
    assert (again.code, "email_taken" in again.err) == (1, True)

    key = cli("key", "create", "script", "--scope", "chat:write", "--data", data, "--json").json
    assert key["scopes"] == ["chat:write"]
    plain = cli("key", "create", "script", "--data", data)
    assert plain.out.startswith("la_")
    assert plain.out.count("\n") == 1
    assert "only now" in plain.err


def test_wrong_input_to_users_and_keys(cli: Cli, data: Path) -> None:
    short = cli("user", "create", "ada@example.com", "--password", "short", "--data", data)
    nobody = cli("user", "create", "ada", "--password", "long enough", "--data", data)
    scope = cli("key", "create", "script", "--scope", "everything", "--data", data)
    assert [short.code, nobody.code, scope.code] == [2, 2, 2]
    assert "8 to 200 characters" in short.err
    assert "must be an e-mail address" in nobody.err
    assert "agents:read" in scope.err


def _failed(done: Any) -> dict[str, str]:
    return {each["check"]: each["detail"] for each in json.loads(done.out) if not each["ok"]}


def test_doctor_finds_nothing_wrong_before_and_after_the_first_start(cli: Cli, data: Path) -> None:
    before = cli("doctor", "--data", data)
    assert before.code == 0
    assert "will be made at the first start" in before.out
    assert not data.exists()
    cli("key", "create", "script", "--data", data)
    after = cli("doctor", "--data", data)
    assert after.code == 0
    assert "is there and private" in after.out
    assert "is whole" in after.out


def test_doctor_finds_a_key_that_others_can_read(cli: Cli, data: Path) -> None:
    cli("key", "create", "script", "--data", data)
    (data / "secret.key").chmod(0o644)
    done = cli("doctor", "--data", data, "--json")
    assert done.code == 1
    assert _failed(done).keys() == {"key file"}
    assert "chmod 600" in _failed(done)["key file"]


def test_doctor_finds_a_damaged_database(cli: Cli, data: Path) -> None:
    cli("key", "create", "script", "--data", data)
    database = data / "liteagent.db"
    content = bytearray(database.read_bytes())
    content[8192:40960] = b"\xff" * (40960 - 8192)
    database.write_bytes(content)
    done = cli("doctor", "--data", data, "--json")
    assert done.code == 1
    assert "restore a backup" in _failed(done)["database"]
    database.write_bytes(b"this is no database at all")
    assert "restore a backup" in _failed(cli("doctor", "--data", data, "--json"))["database"]


def test_doctor_finds_a_folder_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cli("doctor", "--data", tmp_path / "file" / "data", "--json")
    if done.code == 1 and done.out:
        assert "data folder" in _failed(done)
    else:
        assert str(tmp_path / "file") in done.err
