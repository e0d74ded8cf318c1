"""Every setting of the product, read once at the top and handed down."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.security.strength import weakness

__all__ = ["CONFIG_FILE", "McpServer", "Settings", "default_data_folder", "load_settings"]

CONFIG_FILE = "config.toml"
"""Its name in the data folder."""


def default_data_folder() -> Path:
    """Where data is kept unless something else is said: `$XDG_DATA_HOME/liteagent`."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "liteagent"


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


_List = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
_Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)]
_Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]


class McpServer(BaseModel):
    """A program that speaks MCP over its standard input and output."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    command: str = Field(min_length=1)
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default={}, repr=False)


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("it is no JSON object of servers by name") from None


_Servers = Annotated[dict[str, McpServer], NoDecode, BeforeValidator(_from_json)]


class Settings(BaseSettings):
    """What can be set. Names are those of the environment in lower case; every one is optional."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True, env_ignore_empty=True
    )

    api_host: str = Field("127.0.0.1", description="Address the server listens on.")
    api_port: int = Field(8000, ge=0, le=65535, description="Port the server listens on; 0 takes a free one.")
    cors_origins: _List = Field(
        (),
        description="Comma list of web origins that may call the API from a browser; empty: only its own.",
    )
    jwt_access_minutes: int = Field(15, ge=1, le=1440, description="How long an access token holds, minutes.")
    jwt_refresh_days: int = Field(30, ge=1, le=365, description="How long a sign-in holds unused, days.")
    secret_key: SecretStr | None = Field(
        None,
        description="Master secret for stored credentials. Without it a key file in the data folder is used.",
    )
    jwt_secret: SecretStr | None = Field(
        None,
        description="Secret that tokens are signed with. Without it one is derived from the master secret.",
    )
    log_level: _Level = Field("INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    liteagent_env: Literal["development", "production"] = Field(
        "development", description="In `production` missing, short and example secrets are refused at start."
    )
    liteagent_data: Path = Field(
        default_factory=default_data_folder,
        description="Folder of the database, documents and key file. Default: `$XDG_DATA_HOME/liteagent`, "
        "which is `~/.local/share/liteagent` where that is not set.",
    )
    file_source_roots: _Folders = Field(
        (), description="Comma list of folders whose files API users may name as `source_path`; empty: none."
    )
    fetch_allow: _List = Field(
        (),
        description="Comma list of hosts, `host:port`s and CIDRs that flows may fetch from although they are "
        "private or local; empty: none.",
    )
    default_embedding: Literal["auto", "local", "none"] = Field(
        "auto",
        description="Embedding model of data sources that name none: `local` (the extra `embed`), `none` "
        "(words only), or `auto`: the local one where it is installed.",
    )
    embed_model_dir: Path | None = Field(
        None,
        description="Folder of the model that the local embedder uses (ONNX or safetensors, with its "
        "tokenizer.json). Without it the small one that comes with the extra `embed`.",
    )
    openai_api_key: SecretStr | None = Field(
        None, description="Makes the provider OpenAI appear. The key is read from here and never stored."
    )
    openai_base_url: str | None = Field(
        None, description="Address of that provider, where it is not OpenAI's own."
    )
    anthropic_api_key: SecretStr | None = Field(
        None, description="Makes the provider Anthropic appear. The key is read from here and never stored."
    )
    ollama_host: str | None = Field(
        None, description="Makes the provider Ollama appear: `http://127.0.0.1:11434`, or only host and port."
    )
    nvidia_api_key: SecretStr | None = Field(
        None, description="Makes the provider NVIDIA appear. The key is read from here and never stored."
    )
    default_model: str | None = Field(
        None,
        description="Model of providers that name none: its name, or `TYPE/NAME` for providers of one type. "
        "Without it the first that the provider lists.",
    )
    sandbox_mode: Literal["auto", "local", "remote", "none"] = Field(
        "auto",
        description="Where the code and templates of flows run: `local` (a child of this process), `remote` "
        "(the service at `SANDBOX_ENDPOINT`), `none`, or `auto`: remote where an endpoint is set, else local "
        "where this machine can.",
    )
    sandbox_endpoint: str | None = Field(
        None, description="Address of a sandbox service, like `http://sandbox:8194`."
    )
    sandbox_api_key: SecretStr | None = Field(None, description="The key of that service.")
    mcp_servers: _Servers = Field(
        {},
        description="MCP servers that are programs of this machine, by name: `{command, args, env}`. Sources "
        "of tools may name them as their `server`; nothing else is ever started. JSON in the environment, "
        "tables `[mcp_servers.NAME]` in `config.toml`.",
    )
    database_url: str | None = Field(
        None, description="`sqlite:///PATH`. Without it the database is `liteagent.db` in the data folder."
    )

    @field_validator("liteagent_data", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("file_source_roots", mode="after")
    @classmethod
    def _all_absolute(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(each.expanduser().absolute() for each in value)

    @property
    def production(self) -> bool:
        """Whether this installation is one that others rely on."""
        return self.liteagent_env == "production"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.api_host in ("127.0.0.1", "::1", "localhost")

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        if self.database_url is None:
            return self.liteagent_data / "liteagent.db"
        return Path(self.database_url.removeprefix("sqlite:///")).expanduser().absolute()


def load_settings(
    data: Path | None = None, *, env_file: Path | None = Path(".env"), **given: Any
) -> Settings:
    """Read the settings: what is given here, then the environment, `.env`, the data folder's `config.toml`.

    Args:
        data: The data folder, as named at the command line.
        env_file: None reads none.
        given: Single settings by name, for instance from command line options; None counts as not given.

    Raises:
        ConfigurationError: A value is of no use; the message names the variable and never shows the value.
    """
    given = {key: value for key, value in {"liteagent_data": data, **given}.items() if value is not None}
    try:
        folder = _Reader.read(given, {}, env_file).liteagent_data
        settings = _Reader.read(given, _read_config(folder / CONFIG_FILE), env_file)
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from None
    _require_known_database(settings)
    if settings.production:
        _require_strong_secrets(settings)
    return settings


class _Reader:
    """Makes `Settings` of several sources, first come first served."""

    @staticmethod
    def read(given: Mapping[str, Any], config: Mapping[str, Any], env_file: Path | None) -> Settings:
        class FromSources(Settings):
            @classmethod
            def settings_customise_sources(
                cls,
                settings_cls: type[BaseSettings],
                init_settings: PydanticBaseSettingsSource,
                env_settings: PydanticBaseSettingsSource,
                dotenv_settings: PydanticBaseSettingsSource,
                file_secret_settings: PydanticBaseSettingsSource,
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                last = InitSettingsSource(settings_cls, dict(config))
                return init_settings, env_settings, dotenv_settings, file_secret_settings, last

        arguments: dict[str, Any] = {**given, "_env_file": env_file}
        return FromSources(**arguments)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None
    lowered = {key.lower(): value for key, value in content.items()}
    if unknown := sorted(lowered.keys() - Settings.model_fields.keys()):
        known = ", ".join(sorted(Settings.model_fields))
        raise ConfigurationError(f"{path} has an unknown key: {unknown[0]}. Known keys: {known}.")
    if "liteagent_data" in lowered:
        raise ConfigurationError(f"{path} cannot say where the data folder is: it lies in it. Use --data.")
    return lowered


def _explain(error: ValidationError) -> str:
    problems = cast("list[Mapping[str, Any]]", error.errors(include_input=False, include_url=False))
    named = [f"{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in problems]
    return "Settings that cannot be used: " + "; ".join(named) + "."


def _require_known_database(settings: Settings) -> None:
    url = settings.database_url
    if url is not None and (not url.startswith("sqlite:///") or url == "sqlite:///"):
        raise ConfigurationError(
            "DATABASE_URL must be sqlite:///PATH: this version keeps its data in SQLite only, PostgreSQL is "
            "not supported yet. Unset it to use liteagent.db in the data folder."
        )


def _require_strong_secrets(settings: Settings) -> None:
    for name in ("secret_key", "jwt_secret"):
        secret = cast("SecretStr | None", getattr(settings, name))
        wrong = weakness(secret.get_secret_value()) if secret else "is not set"
        if wrong:
            raise ConfigurationError(
                f"{name.upper()} {wrong}, and LITEAGENT_ENV is production. Set it to the output of: "
                "openssl rand -base64 48"
            )
