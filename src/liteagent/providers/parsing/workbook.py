"""Workbooks (XLSX, XLSB, XLS, ODS): a section and a table for each visible sheet."""

import datetime as dt
import io
from collections.abc import Iterator
from itertools import chain

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.providers.parsing.archive import Archive
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.office_properties import office_properties
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["WorkbookParser", "create"]

_MOST_CELLS = 10_000_000


class WorkbookParser:
    """The visible sheets in order; a formula is its last value, a date is written as ISO 8601 has it."""

    suffixes: tuple[str, ...] = (".ods", ".xls", ".xlsb", ".xlsm", ".xlsx")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The workbook's text.

        Raises:
            DocumentUnreadableError: Damaged, encrypted, with too many cells, or without any.
        """
        archive = Archive(raw) if raw.data.startswith(b"PK") else None
        properties = office_properties(archive)
        if archive is not None:
            archive.refuse_entities()
        if archive is not None and "META-INF/manifest.xml" in archive:
            _refuse_encrypted(raw, archive)
        writer = TextWriter(raw)
        try:
            with CalamineWorkbook.from_filelike(io.BytesIO(raw.data)) as book:
                for name in _visible(book):
                    _write_sheet(raw, writer, book.get_sheet_by_name(name))
        except PasswordError as error:
            raise unreadable(
                raw, "encrypted", "it is protected with a password. Save a copy without one and index that."
            ) from error
        except (CalamineError, OSError, ValueError) as error:
            raise unreadable(
                raw, "corrupt", "the workbook is damaged or cut short. Save it again in its own program."
            ) from error
        media_type = _media_type(archive)
        return writer.document(media_type, properties.title, properties.metadata)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return WorkbookParser()


def _refuse_encrypted(raw: RawDocument, archive: Archive) -> None:
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise unreadable(
            raw, "encrypted", "it is protected with a password. Save a copy without one and index that."
        )


def _media_type(archive: Archive | None) -> str:
    if archive is None:
        return "application/vnd.ms-excel"
    if "content.xml" in archive:
        return "application/vnd.oasis.opendocument.spreadsheet"
    return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _visible(book: CalamineWorkbook) -> Iterator[str]:
    for sheet in book.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            yield sheet.name


def _write_sheet(raw: RawDocument, writer: TextWriter, sheet: CalamineSheet) -> None:
    if sheet.height * sheet.width > _MOST_CELLS:
        raise too_large(raw, "cells in a sheet", _MOST_CELLS)
    if not sheet.height:
        return
    writer.heading(sheet.name, 1)
    rows = _shown(sheet)
    above = list[str]()
    header: list[str] = []
    for header in rows:
        filled = [each for each in header if each]
        if len(filled) > 1 or sheet.width == 1:
            break
        above.extend(filled)
    for text in above:
        writer.paragraph(text)
    if len([each for each in header if each]) > 1 or sheet.width == 1:
        writer.table(chain([header], rows), _filled(header))


def _filled(row: list[str]) -> int:
    return max((index for index, each in enumerate(row, 1) if each), default=0)


def _shown(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return str(value)
