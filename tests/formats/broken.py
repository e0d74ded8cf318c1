"""Files that are damaged, protected or made to do harm, out of the real ones."""

import io
import zipfile
import zlib
from importlib import import_module
from typing import Any

__all__ = [
    "LAUGHS",
    "deep_message",
    "far_cell",
    "inflating_pdf",
    "locked",
    "locked_archive",
    "with_entry",
]

MB = 1024 * 1024

LAUGHS = b"".join(
    (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">',
        *(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)),
        b"]><x>&l9;</x>",
    )
)
"""A billion laughs."""


def with_entry(archive: bytes, name: str, data: bytes) -> bytes:
    """The archive with one entry replaced or added."""
    target = io.BytesIO()
    old = zipfile.ZipFile(io.BytesIO(archive))
    with old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, data)
    return target.getvalue()


def locked(office: bytes) -> bytes:
    """An office document with a password, as Office itself protects one."""
    target = io.BytesIO()
    module: Any = import_module("msoffcrypto.format.ooxml")
    module.OOXMLFile(io.BytesIO(office)).encrypt("secret", target)
    return target.getvalue()


def locked_archive(archive: bytes) -> bytes:
    """An archive whose entries say that they are encrypted."""
    changed = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        start = opened.start_dir
    while (start := changed.find(b"PK\x01\x02", start)) >= 0:
        changed[start + 8] |= 1
        start += 4
    return bytes(changed)


def inflating_pdf() -> bytes:
    """A page of a few hundred bytes whose content is 100 MB of saved graphics states, deflated twice."""
    inner = zlib.compress(b"q " * (50 * MB), 1)
    content = zlib.compress(inner, 9)
    return b"".join(
        (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>endobj\n",
            b"4 0 obj<</Length ",
            str(len(content)).encode(),
            b"/Filter[/FlateDecode/FlateDecode]>>stream\n",
            content,
            b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n",
        )
    )


def far_cell(workbook: bytes) -> bytes:
    """A workbook with one cell in the first and one in the last of its 17,179,869,184 places."""
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
    )
    return with_entry(workbook, "xl/worksheets/sheet1.xml", sheet)


def deep_message(levels: int) -> bytes:
    """A message whose parts are parts of parts."""
    part = b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n'
    head = b"From: a@example.org\nMessage-ID: <deep>\nMIME-Version: 1.0\n"
    return head + b"".join(part % (level, level) for level in range(levels))
