"""Messages (EML): subject, text and the attachments that can be read."""

import email
import email.policy
from collections.abc import Callable, Iterator
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.contracts.documents import Scalar
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.decoding import LARGEST, decode
from liteagent.providers.parsing.html import read_page
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["EmailParser", "create"]

_HEADERS = ("from", "to", "cc")
_MOST_ATTACHMENTS = 100
_DEEPEST = 3
_LONGEST_HEADER = 4000  # the standard parser takes the square of a header's length
_LONGEST_VALUE = 500


class EmailParser:
    """The message's text, plain where it has one, else out of its HTML; then each attachment as a section.

    Args:
        parse: Reads an attachment; without it, attachments are only named.
    """

    suffixes: tuple[str, ...] = (".eml",)

    def __init__(self, parse: Callable[[RawDocument], ParsedDocument] | None = None) -> None:
        self._parse = parse
        self._depth = 0

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The message's text.

        Raises:
            DocumentUnreadableError: Not a message, or one without a subject, text and attachments.
        """
        if len(raw.data) > LARGEST:
            raise too_large(raw, "bytes", LARGEST)
        self._depth += 1
        try:
            return self._read(raw)
        finally:
            self._depth -= 1

    def _read(self, raw: RawDocument) -> ParsedDocument:
        message = email.message_from_bytes(raw.data, policy=email.policy.default)
        if not message.keys():
            raise unreadable(
                raw,
                "corrupt",
                "this is no message: it has no headers. Save it again as .eml, or name it .txt.",
            )
        writer = TextWriter(raw)
        subject = _header(message, "subject")
        writer.heading(subject, 1)
        _write_body(raw, writer, message)
        self._write_attachments(raw, writer, message)
        return writer.document("message/rfc822", subject or None, dict(_metadata(message)))

    def _write_attachments(self, raw: RawDocument, writer: TextWriter, message: EmailMessage) -> None:
        attachments = list(_attachments(message))
        for part in attachments[:_MOST_ATTACHMENTS]:
            name = _name(part)
            writer.heading(f"Attachment: {name}", 2)
            self._write_attachment(raw, writer, part, name)
        if len(attachments) > _MOST_ATTACHMENTS:
            writer.paragraph(f"{len(attachments) - _MOST_ATTACHMENTS} more attachments were not read.")

    def _write_attachment(self, raw: RawDocument, writer: TextWriter, part: MIMEPart, name: str) -> None:
        if self._parse is None or self._depth > _DEEPEST:
            return
        attached = RawDocument(name, _bytes(part), part.get_content_type())
        try:
            document = self._parse(attached)
        except DocumentUnreadableError as error:
            if error.details.get("cause") == "bomb":
                raise unreadable(raw, "bomb", f"its attachment {error.message}") from error
            writer.paragraph(f"Not read: {error.details.get('cause', 'unreadable')}.")
            return
        writer.include(document.text, document.sections, deeper=2)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return EmailParser()


def _write_body(raw: RawDocument, writer: TextWriter, message: EmailMessage) -> None:
    body = message.get_body(("plain", "html"))
    if body is None:
        return
    charset = body.get_content_charset()
    part = RawDocument(raw.name, _bytes(body))
    try:
        text = decode(part, charset)
    except DocumentUnreadableError as error:
        if error.details.get("cause") == "empty":
            return
        raise
    if body.get_content_subtype() == "html":
        page = read_page(raw, text, whole=True)
        writer.include(page.text, page.sections, deeper=1)
    else:
        writer.paragraph(text.replace("\r\n", "\n"))


def _bytes(part: MIMEPart) -> bytes:
    if part.get_content_maintype() == "message":
        inner = [each.as_bytes() for each in part.iter_parts()]
        return inner[0] if inner else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _attachments(message: MIMEPart) -> Iterator[MIMEPart]:
    """The parts with a name, and forwarded messages as a whole, in order."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part is not message and part.get_content_maintype() == "message":
            yield part
        elif part.is_multipart():
            waiting.extend(reversed(list(part.iter_parts())))
        elif part is not message and (part.is_attachment() or part.get_filename() is not None):
            yield part


def _name(part: MIMEPart) -> str:
    name = part.get_filename()
    if name is None and part.get_content_maintype() == "message":
        name = next((_header(each, "subject") for each in part.iter_parts()), "") or "message"
        name += ".eml"
    return " ".join((name or "attachment").split())[:200]


def _header(message: MIMEPart, name: str) -> str:
    try:
        found = (str(value) for key, value in message.raw_items() if key.casefold() == name)
        value = email.policy.default.header_factory(name, next(found, "")[:_LONGEST_HEADER])
        return " ".join(str(value).split())[:_LONGEST_VALUE]
    except (
        ValueError,
        IndexError,
        AttributeError,
        TypeError,
    ):  # the standard parser's ways with damaged headers
        return ""


def _metadata(message: EmailMessage) -> Iterator[tuple[str, Scalar]]:
    for name in _HEADERS:
        if value := _header(message, name):
            yield name, value
    if date := _header(message, "date"):
        try:
            yield "date", parsedate_to_datetime(date).isoformat()
        except (ValueError, OverflowError):
            yield "date", date
    if message_id := _header(message, "message-id"):
        yield "message_id", message_id.strip("<>")
