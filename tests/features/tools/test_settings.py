"""`MCP_SERVERS`: the only way to a program, and the operator's alone."""

from pathlib import Path

import pytest

from liteagent.app.settings import McpServer, load_settings
from liteagent.contracts.errors import ConfigurationError


def test_programs_are_named_in_the_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = '[mcp_servers.files]\ncommand = "/bin/files"\nargs = ["-r"]\nenv = { TOKEN = "canary" }\n'
    (tmp_path / "config.toml").write_text(table, encoding="utf-8")
    settings = load_settings(tmp_path, env_file=None)
    assert settings.mcp_servers == {
        "files": McpServer(command="/bin/files", args=("-r",), env={"TOKEN": "canary"})
    }
    assert "canary" not in repr(settings)
    monkeypatch.setenv("MCP_SERVERS", '{"other": {"command": "x"}}')
    assert list(load_settings(tmp_path, env_file=None).mcp_servers) == ["other"]


@pytest.mark.parametrize(
    "value", ["{canary", "[1]", '{"a": {}}', '{"a": {"command": "x", "shell": "canary"}}']
)
def test_what_is_no_program_is_refused_by_name_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MCP_SERVERS", value)
    with pytest.raises(ConfigurationError, match="MCP_SERVERS") as raised:
        load_settings(tmp_path, env_file=None)
    assert "canary" not in raised.value.message
