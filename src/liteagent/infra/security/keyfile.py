"""The installation's keys: one master secret, and a key derived from it for each purpose.

The master is `SECRET_KEY` where it is set, and otherwise the file `secret.key` in the data folder, which is
made on first use with mode 0600.
"""

import base64
import binascii
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.system import sync_folder

__all__ = ["KEY_FILE", "Keys", "load_keys"]

KEY_FILE = "secret.key"
"""Its name in the data folder."""

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """32 bytes for signing tokens, and the keys for secrets at rest, newest first."""

    signing: bytes = field(repr=False)
    encryption: tuple[bytes, ...] = field(repr=False)


def load_keys(data: Path, *, secret_key: str | None = None, jwt_secret: str | None = None) -> Keys:
    """The keys of the installation whose data folder is `data`; blocking.

    Args:
        data: Made, with the key file, if it is not there and `secret_key` is not given.
        secret_key: Takes the place of the key file.
        jwt_secret: Tokens are signed with a key of their own, derived from this.

    Raises:
        ConfigurationError: The key file is damaged, unreadable, or readable by others.
    """
    master = secret_key.encode() if secret_key else _from_file(data / KEY_FILE)
    signing_master = jwt_secret.encode() if jwt_secret else master
    return Keys(_derive(signing_master, "tokens"), (_derive(master, "secrets at rest"),))


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"liteagent: {purpose}".encode()).derive(master)


def _from_file(path: Path) -> bytes:
    try:
        if not path.exists():
            _create(path)
        _require_private(path)
        encoded = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The key file {path} cannot be used ({error.strerror}). Make its folder writable, "
            "or set SECRET_KEY."
        ) from None
    return _decode(path, encoded)


def _decode(path: Path, encoded: bytes) -> bytes:
    try:
        master = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != _KEY_BYTES:
        raise ConfigurationError(
            f"The key file {path} is damaged. Restore it from a backup: "
            "without it the stored secrets are lost."
        )
    return master


def _create(path: Path) -> None:
    """Make the file whole or not at all; if another process is faster, its file stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    sync_folder(path.parent)


def _require_private(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigurationError(
            f"The key file {path} can be read by other users of this machine. Run: chmod 600 '{path}'"
        )
