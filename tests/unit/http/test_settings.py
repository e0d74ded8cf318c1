"""Where settings come from, and which are refused."""

from pathlib import Path

import pytest

from liteagent.app.settings import Settings, load_settings
from liteagent.contracts.errors import ConfigurationError

STRONG = "Xq3vT9-bLw7_Rz2mKd8sYf5hJc1nGp6aUe4o0iBtQyWxEu"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.api_host, settings.api_port, settings.log_level) == ("127.0.0.1", 8000, "INFO")
    assert settings.liteagent_data == tmp_path / "xdg" / "liteagent"
    assert settings.database_path == settings.liteagent_data / "liteagent.db"
    assert (settings.jwt_access_minutes, settings.jwt_refresh_days) == (15, 30)
    assert settings.cors_origins == settings.file_source_roots == ()
    assert settings.loopback
    assert not settings.production


def test_without_xdg_data_lies_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings().liteagent_data == tmp_path / ".local" / "share" / "liteagent"


def test_the_nearest_source_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.toml").write_text(
        'api_port = 1\napi_host = "a"\nlog_level = "debug"\njwt_access_minutes = 9\n'
    )
    (tmp_path / ".env").write_text("API_PORT=2\nAPI_HOST=b\nlog_level=error\nOTHER_TOOL=1\n")
    monkeypatch.setenv("API_PORT", "3")
    monkeypatch.setenv("API_HOST", "c")
    settings = load_settings(data, api_port=4, api_host=None)
    found = (settings.api_port, settings.api_host, settings.log_level, settings.jwt_access_minutes)
    assert found == (4, "c", "ERROR", 9)


def test_the_data_folder_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LITEAGENT_DATA", str(tmp_path))
    (tmp_path / "config.toml").write_text("API_PORT = 77")
    assert load_settings().api_port == 77


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example,")
    monkeypatch.setenv("FILE_SOURCE_ROOTS", f"{tmp_path},docs")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.file_source_roots == (tmp_path, tmp_path / "docs")


def test_a_list_in_the_file_may_be_a_list(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('cors_origins = ["https://a.example"]')
    assert load_settings(tmp_path).cors_origins == ("https://a.example",)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "")
    assert load_settings().api_port == 8000


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("api_prot = 1", "api_prot"),
        ("[server]\nport = 1", "server"),
        ("= 1", "config.toml"),
        ('liteagent_data = "x"', "--data"),
        ("api_port = 99999", "API_PORT"),
        ('api_port = "x"', "API_PORT"),
    ],
)
def test_a_config_file_of_no_use_is_refused_by_name(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=named):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "eighty-hunter2"),
        ("LOG_LEVEL", "hunter2"),
        ("LITEAGENT_ENV", "hunter2"),
        ("JWT_ACCESS_MINUTES", "0"),
        ("DATABASE_URL", "postgresql://me:hunter2@host/db"),
        ("DATABASE_URL", "sqlite:///"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_postgres_is_said_not_to_be_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    with pytest.raises(ConfigurationError, match="PostgreSQL is not supported yet"):
        load_settings()


def test_a_database_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    assert load_settings().database_path == tmp_path / "other.db"


@pytest.mark.parametrize(
    ("secret_key", "jwt_secret", "named"),
    [
        (None, STRONG, "SECRET_KEY"),
        (STRONG, None, "JWT_SECRET"),
        ("your-secret-key", STRONG, "SECRET_KEY"),
        ("your-secret-key-which-is-now-longer-than-needed", STRONG, "SECRET_KEY"),
        (STRONG, "your-jwt-secret", "JWT_SECRET"),
        (STRONG, "Liteagent-Sandbox" * 3, "JWT_SECRET"),
        ("x" * 64, STRONG, "SECRET_KEY"),
        (STRONG[:31], STRONG, "SECRET_KEY"),
        ("changeme" * 8, STRONG, "SECRET_KEY"),
    ],
)
def test_production_refuses_weak_secrets_by_name(
    monkeypatch: pytest.MonkeyPatch, secret_key: str | None, jwt_secret: str | None, named: str
) -> None:
    for name, value in (("SECRET_KEY", secret_key), ("JWT_SECRET", jwt_secret)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert load_settings()
    monkeypatch.setenv("LITEAGENT_ENV", "production")
    with pytest.raises(ConfigurationError, match=named) as caught:
        load_settings()
    assert not secret_key or secret_key not in str(caught.value)


def test_production_takes_strong_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITEAGENT_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", STRONG)
    monkeypatch.setenv("JWT_SECRET", STRONG[::-1])
    settings = load_settings()
    assert settings.production
    assert STRONG not in repr(settings)


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_only_this_machine_is_loopback() -> None:
    for host, loopback in (
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("", False),
    ):
        assert load_settings(api_host=host).loopback is loopback
