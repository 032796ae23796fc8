"""What an uploaded file is, by its content and never by its name; and a text in whichever encoding it comes. Pure."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from carpentries_portal.common.tablefile import UnreadableFileError
from trainees.roster_file.values import MOST_BYTES, empty, too_large

ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF", b"\x00\x00\x01\x00")


def refuse_what_is_no_list(content: bytes) -> None:
    """Raises UnreadableFileError for what is neither text nor a zip: says what it is, and what to do."""
    if len(content) > MOST_BYTES:
        raise too_large()
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise empty()
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in content[:1024]:
        raise UnreadableFileError(
            _("This is a PDF, not a table. Upload the workbook or CSV that it was made from, or paste the list.")
        )
    if content.startswith(_OLE):
        raise UnreadableFileError(_old_office(content))
    if content.startswith(_IMAGES) or content[4:8] == b"ftyp" or (content[:2] == b"BM" and content[6:10] == b"\x00\x00\x00\x00"):
        raise UnreadableFileError(
            _("This is a picture or a film, not a table. Type the list, or upload it as CSV or Excel workbook.")
        )
    if start[:5].lower() in {b"{\\rtf", b"<html", b"<!doc"} or start[:5].lower() == b"<?xml" or b"<table" in start[:200].lower():
        raise UnreadableFileError(
            _("This is a document or web page, not a table. Save it as CSV or Excel workbook (.xlsx), or paste the list.")
        )
    if content.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"PK\x05\x06", b"PK\x07\x08")):
        raise UnreadableFileError(_("This is an archive. Unpack it, and upload the list in it."))


def _old_office(content: bytes) -> str:
    """Excel before 2007, and workbooks with a password, come in the same wrapping."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _("The workbook is protected by a password. Save it without one, and upload it again.")
    if "WordDocument".encode("utf-16-le") in content:
        return _("This is a Word document, not a table. Paste the list from it, or save it as CSV or Excel workbook (.xlsx).")
    return _("This is a workbook of an old Excel (.xls). Save it as Excel workbook (.xlsx) or as CSV.")


def text_of(content: bytes) -> tuple[str, str]:
    """The text, and a note on its encoding where that is not UTF-8. Raises UnreadableFileError where it is no text."""
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    elif (encoding := _wide(content)) is not None:
        return _wide_text(content, encoding), _("The file is encoded as UTF-16.")
    note = ""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = content.decode("windows-1252")
        except UnicodeDecodeError as problem:
            raise _no_text() from problem
        _refuse_other_letters(text)
        note = _("The file is not encoded as UTF-8; it was read as Windows-1252. Check the letters of names with accents.")
    _refuse_rubbish(text)
    return text, note


def _wide(content: bytes) -> str | None:
    """UTF-16 by its mark, or by NULs in every other byte of a text that is mostly ASCII."""
    if content[:4] in {b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"}:
        raise _no_text()  # UTF-32, which no spreadsheet writes
    if content[:2] in _UTF16:
        return _UTF16[content[:2]]
    head = content[:4000]
    even, odd, half = head[::2].count(0), head[1::2].count(0), len(head) / 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _wide_text(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise UnreadableFileError(
            _("The file is damaged: it begins as UTF-16 text and breaks off. Save it as CSV (UTF-8).")
        ) from problem
    _refuse_rubbish(text)
    return text


def _refuse_rubbish(text: str) -> None:
    """A stray control character is a problem of its cell; many of them, or signs that no script has, are no text at all."""
    sample = text[:100_000]
    odd = len(re.findall("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]", sample))
    if not sample.isascii():
        odd += sum(unicodedata.category(sign) in {"Cn", "Co"} for sign in sample[:10_000])
    if odd > 3 and odd > len(sample) // 50:
        raise _no_text()


def _refuse_other_letters(text: str) -> None:
    """Bytes above ASCII stand alone among letters in Western languages; side by side they are Cyrillic, Japanese or Chinese in an old encoding.

    Read as Windows-1252 they would become wrong names without anybody seeing it before the certificates are out.
    """
    sample = text[:100_000]
    above = len(re.findall("[\x80-\U0010ffff]", sample))
    beside = sum(len(run) for run in re.findall("[\x80-\U0010ffff]{3,}", sample))
    if beside > 8 and beside * 2 > above:
        reason = _("The file's letters are in an encoding that cannot be told. Save it as CSV UTF-8 or as Excel workbook (.xlsx).")
        raise UnreadableFileError(reason)


def _no_text() -> UnreadableFileError:
    return UnreadableFileError(_("This is no text and no workbook. Save the list as CSV (UTF-8) or as Excel workbook (.xlsx)."))
