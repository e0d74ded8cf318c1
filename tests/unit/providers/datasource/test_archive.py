"""Archives that GitLab would not make."""

import gzip
import io
import tarfile

import pytest

from liteagent.providers.datasource.gitlab import archive
from liteagent.providers.datasource.gitlab.archive import blob_id, unpacked


def _packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue())


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_only_regular_files_are_taken() -> None:
    packed = _packed(
        (_member("app/a.md"), b"a"),
        (_member("app/link.md", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (_member("app/hard.md", tarfile.LNKTYPE, "app/a.md"), b""),
        (_member("app/pipe.md", tarfile.FIFOTYPE), b""),
        (_member("top.md"), b"top"),
        (_member("app/skipped.png"), b"png"),
        (_member("app/ü/b.md"), b"b"),
    )
    assert unpacked(packed, lambda path: path.endswith(".md")) == {"a.md": b"a", "ü/b.md": b"b"}


def test_what_is_damaged_ends_it() -> None:
    packed = _packed(*((_member(f"app/{n}.md"), bytes([n]) * 100_000) for n in range(9)))
    found = unpacked(packed[: len(packed) // 2], lambda _: True)
    assert 0 < len(found) < 9
    assert all(data == bytes([int(path[0])]) * 100_000 for path, data in found.items())
    assert unpacked(b"nothing", lambda _: True) == {}


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = _packed(*((_member(f"app/{n}.md"), b"x" * 10_000) for n in range(9)))
    monkeypatch.setattr(archive, "_MOST_KEPT", 35_000)
    assert len(unpacked(packed, lambda _: True)) == 3
    monkeypatch.setattr(archive, "_MOST_UNPACKED", 25_000)
    assert 0 < len(unpacked(packed, lambda _: True)) < 3
    monkeypatch.setattr(archive, "_LARGEST", 9_999)
    assert unpacked(packed, lambda _: True) == {}


def test_a_bomb_unfolds_to_its_bound_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MOST_UNPACKED", 1_000_000)
    header = _member("app/bomb.md")
    header.size = 10**11
    bomb = gzip.compress(header.tobuf() + b"\0" * 20_000_000)
    assert unpacked(bomb, lambda _: True) == {}
    assert unpacked(gzip.compress(_pax_of(10**9) + b"\0" * 20_000_000), lambda _: True) == {}


def _pax_of(size: int) -> bytes:
    header = _member("pax", tarfile.XHDTYPE)
    header.size = size
    return header.tobuf(tarfile.USTAR_FORMAT)


def test_ids_are_those_of_git() -> None:
    # `git hash-object` says so, in a repository of either kind.
    assert blob_id(b"hello\n", "0" * 40) == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert blob_id(b"hello\n", "0" * 64) == "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4"
