"""What is no list of people, and what is said of it."""

from __future__ import annotations

import io
import random
import zipfile

from trainees.tests.roster_files.books import ROWS, declaring, inline, of_rows, of_sheet, with_members

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def _zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


def _encrypted() -> bytes:
    """A workbook whose members are marked as encrypted."""
    content = bytearray(of_rows(ROWS))
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    return bytes(content)


_ROW = f"<row>{inline('Ana Silva')}</row>"
_WORKBOOK = of_rows(ROWS)

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "The list is empty"),
    "white space": (b"\xef\xbb\xbf \r\n\t\n", "The list is empty"),
    "only headings": (b"Name,Email\n", "The list is empty"),
    "a workbook with nothing in it": (of_rows([]), "The list is empty"),
    "six megabytes": (b"Ana Silva,ana@example.org\n" * 240_000, "larger than 5 MB"),
    "a PDF named as a workbook": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "This is a PDF"),
    "an old workbook": (_OLE + "Workbook".encode("utf-16-le"), "an old Excel (.xls)"),
    "a workbook with a password": (_OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "an old Word document": (_OLE + "WordDocument".encode("utf-16-le"), "This is a Word document"),
    "an OpenDocument": (_zip("mimetype", "content.xml"), "an OpenDocument file"),
    "a Word document": (_zip("[Content_Types].xml", "word/document.xml"), "This is a Word document"),
    "a presentation": (_zip("[Content_Types].xml", "ppt/presentation.xml"), "This is a presentation"),
    "a binary workbook": (_zip("[Content_Types].xml", "xl/workbook.bin"), "(.xlsb)"),
    "Numbers": (_zip("Index/Document.iwa"), "Apple Numbers"),
    "another archive": (_zip("list.csv"), "This is an archive"),
    "members that are encrypted": (_encrypted(), "protected by a password"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "This is a picture"),
    "a photograph": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100), "This is a picture"),
    "a web page named as a workbook": (b"<html><table><tr><td>Ana</td></tr></table></html>", "document or web page"),
    "rich text": (b"{\\rtf1\\ansi Ana}", "document or web page"),
    "rubbish": (random.Random(7).randbytes(5000), "This is no text and no workbook"),
    "Cyrillic in an old encoding": (
        "Имя;Почта\nИван Петров;ivan@example.org\n".encode("cp1251"),
        "an encoding that cannot be told",
    ),
    "control characters": (b"\x01\x02\x03ab\x04\x05\n" * 100, "This is no text and no workbook"),
    "UTF-16 that breaks off": (b"\xff\xfeA\x00n\x00a", "damaged"),
    "half a workbook": (_WORKBOOK[: len(_WORKBOOK) // 2], "The workbook is damaged"),
    "a workbook without a book": (_zip("[Content_Types].xml", "xl/styles.xml"), "The workbook is damaged"),
    "a workbook with broken XML": (with_members(_WORKBOOK, {"xl/worksheets/sheet1.xml": b"<worksheet"}), "The workbook is damaged"),
    "entities that unfold": (
        with_members(
            _WORKBOOK,
            {"xl/worksheets/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'},
        ),
        "The workbook is damaged",
    ),
    "a zip bomb": (of_sheet(" " * 60_000_000), "Unpacked, the workbook holds far more"),
    "a zip bomb that declares another size": (declaring(of_sheet(" " * 40_000_000), 1000), "The workbook is damaged"),
    "a million rows in a workbook": (of_sheet(f"<sheetData>{_ROW * 1_000_000}</sheetData>"), "far more than a list of 2,000 rows"),
    "a million short rows in a workbook": (
        of_sheet(f"<sheetData>{'<row><c><v>1</v></c></row>' * 1_000_000}</sheetData>"),
        "far more than a list of 2,000 rows",
    ),
    "a million rows of CSV": (b"a,@\n" * 1_000_000, "more than 2,000 rows"),
    "2,001 people": (of_rows([["Name", "Email"], *[[f"P {n}", f"p{n}@example.org"] for n in range(2001)]]), "more than 2,000 rows"),
    "2,001 lines": (b"".join(b"P <p%d@example.org>\n" % n for n in range(2001)), "more than 2,000 rows"),
    "3,000 addresses on a line": (b"".join(b"%d@a.b," % n for n in range(2200)), "more than 2,000 rows"),
    "101 columns": (of_rows([[f"c{n}" for n in range(100)] + ["a@example.org"]]), "more than 100 columns"),
    "101 columns of CSV": (b"Name,Email" + b",x" * 99 + b"\nAna,ana@example.org\n", "more than 100 columns"),
    "a cell without end": (of_rows([["Name", "Email"], ["N" * 30_000, "n@example.org"]]), "more than 20,000 characters"),
    "a quotation mark that swallows all": (
        b'Name,Email\n"' + b"Ana " * 40_000 + b",ana@example.org\n",
        "more than 20,000 characters",
    ),
    "a megabyte of a@": (b"a@" * 500_000, "more than 20,000 characters"),
    "a megabyte of spaces and an a": (b" " * 1_000_000 + b"a", "more than 20,000 characters"),
}
