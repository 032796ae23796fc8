"""Excel workbooks, as Excel, LibreOffice, Google and others write them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime

from openpyxl import Workbook

from trainees.tests.roster_files.case import ANA, BO, Case

HEAD = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
SHEET = "xl/worksheets/sheet1.xml"
ROWS = (("Name", "Email"), ("Ana Silva", "ana@example.org"), ("Bo Li", "bo@example.org"))


def book(fill: Callable[[Workbook], None]) -> bytes:
    made = Workbook()
    fill(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def of_rows(rows: Iterable[Iterable[object]]) -> bytes:
    def fill(made: Workbook) -> None:
        for row in rows:
            made.active.append(list(row))

    return book(fill)


def with_members(content: bytes, members: dict[str, bytes]) -> bytes:
    """A workbook with some of its members replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, members.get(member.filename, old.read(member)))
        for name in members.keys() - set(old.namelist()):
            new.writestr(name, members[name])
    return out.getvalue()


def of_sheet(xml: str, **members: bytes) -> bytes:
    """A workbook whose sheet is written by hand."""
    return with_members(of_rows([["x"]]), {SHEET: (HEAD + xml + "</worksheet>").encode(), **members})


def declaring(content: bytes, size: int) -> bytes:
    """The workbook, with a sheet that declares another size than it has."""
    at = content.rfind(SHEET.encode()) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def inline(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def _merged(made: Workbook) -> None:
    sheet = made.active
    sheet["B3"] = "Participants of the team"
    sheet.merge_cells("B3:F3")
    for row in (
        [],
        [None, "No.", "Name", "E-mail", "Site", "Since"],
        [None, 1, "Ana Silva", "ana@example.org", "Lyon", date(2026, 3, 1)],
        [None, 2, "Bo Li", "bo@example.org", None, datetime(2026, 3, 2, 9, 30)],  # noqa: DTZ001  # Excel knows no zones
        [None, 3],
        [None, 3, "Cy Do", "cy@example.org", None, 1.5],
        [None, 4, 123456, "di@example.org", "Online", None],
        [None, "Total", 4],
    ):
        sheet.append(row)
    sheet.merge_cells("E6:E9")


def _two_headings(made: Workbook) -> None:
    sheet = made.active
    for row in (["Person", None, "Where"], ["Name", "E-mail", None], ["Ana Silva", "ana@example.org", "Lyon"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("C1:C2")


def _name_over_two(made: Workbook) -> None:
    for row in (["Name", None, "E-mail"], ["Ana", "Silva", "ana@example.org"], ["Bo", "Li", "bo@example.org"]):
        made.active.append(row)
    made.active.merge_cells("A1:B1")


def _sheets(made: Workbook) -> None:
    made.active.title = "Read me"
    made.active["A1"] = "How to fill in this list"
    hidden = made.create_sheet("Old")
    hidden.append(["old@example.org"])
    hidden.sheet_state = "hidden"
    made.create_sheet("Empty")
    listed = made.create_sheet("List")
    for row in ROWS:
        listed.append(row)
    made.create_sheet("More").append(["cy@example.org"])


def _instructions(made: Workbook) -> None:
    made.active.title = "Read me"
    made.active.append(["Questions?", "desk@example.org"])
    sheet = made.create_sheet("List")
    for row in ROWS:
        sheet.append(row)


def _hidden_only(made: Workbook) -> None:
    made.active["A1"] = "Nobody here"
    sheet = made.create_sheet("List")
    for row in ROWS:
        sheet.append(row)
    sheet.sheet_state = "veryHidden"


def _far_formats(made: Workbook) -> None:
    for row in ROWS:
        made.active.append(row)
    made.active["XFD1"].number_format = "0.00"
    made.active["A1048576"].number_format = "0.00"


def _with_strings(xml: bytes) -> dict[str, bytes]:
    """Strings as Excel keeps them: in a member of their own, which openpyxl does not write."""
    with zipfile.ZipFile(io.BytesIO(of_rows([["x"]]))) as archive:
        types = archive.read("[Content_Types].xml")
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%b"/></Types>' % kind
    return {"[Content_Types].xml": types.replace(b"</Types>", override), "xl/sharedStrings.xml": xml}


_EXCEL = (
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="6" uniqueCount="6"><si><t>Name</t></si><si><t>Email</t></si>'
    b'<si><t xml:space="preserve"> Ana Silva</t></si><si><t>ana@example.org</t></si><si><t>Bo Li</t></si><si><t>bo@example.org</t></si></sst>'
)
_STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>氏名</t></si><si><t>メールアドレス</t></si>'
    "<si><t>山田 花子</t><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si><si><r><t>hanako@</t></r><r><t>example.com</t></r></si></sst>"
).encode()

BOOKS = (
    Case(
        "Excel's workbook",
        of_sheet(
            '<dimension ref="A1:B3"/><sheetData>'
            + "".join(
                f'<row r="{row}" spans="1:2"><c r="A{row}" t="s"><v>{2 * row - 2}</v></c><c r="B{row}" s="0" t="s"><v>{2 * row - 1}</v></c></row>'
                for row in (1, 2, 3)
            )
            + '</sheetData><hyperlinks><hyperlink ref="B2" display="ana@example.org"/></hyperlinks>'
            # a list of allowed values, of which openpyxl warns
            '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>',
            **_with_strings(_EXCEL),
        ),
        notes=("Columns read: name from “Name”; e-mail from “Email”.",),
    ),
    Case("openpyxl's workbook", of_rows(ROWS), notes=("Columns read: name from “Name”; e-mail from “Email”.",)),
    Case(
        "empty rows and columns, a title, merged locations, days and numbers, a total",
        book(_merged),
        (
            (6, "Ana Silva", "ana@example.org", "Lyon", False),
            (7, "Bo Li", "bo@example.org", "Lyon", False),
            (9, "Cy Do", "cy@example.org", "Lyon", False),
            (10, "123456", "di@example.org", "Online", True),
        ),
        ((10, "name", "name-missing", ""),),
        (
            "Columns read: name from “Name”; e-mail from “E-mail”; location from “Site”.",
            "Columns not read: “No.”, “Since”.",
            "Left out, because it stands above the headings: line 3.",
            "Left out, because it counts people: line 11.",
            "Left out, because it has no name, address or location: line 8.",
        ),
    ),
    Case("headings over two rows, merged", book(_two_headings), ((3, "Ana Silva", "ana@example.org", "Lyon", False),)),
    Case(
        "one heading over two columns, merged",
        book(_name_over_two),
        notes=(
            "Columns read: name from “Name” + “Name”; e-mail from “E-mail”.",
            "Names stand in more than one column and were joined, such as “Ana Silva”.",
        ),
    ),
    Case(
        "several sheets, one hidden",
        book(_sheets),
        notes=(
            "Read from the sheet “List”; not read: “Read me”, “Old”, “More”.",
            "“More” holds addresses too. If they belong to this list, copy them into one sheet.",
            "Columns read: name from “Name”; e-mail from “Email”.",
        ),
    ),
    Case(
        "instructions with an address in the first sheet",
        book(_instructions),
        notes=(
            "Read from the sheet “List”; not read: “Read me”.",
            "“Read me” holds addresses too. If they belong to this list, copy them into one sheet.",
            "Columns read: name from “Name”; e-mail from “Email”.",
        ),
    ),
    Case(
        "addresses in a hidden sheet only",
        book(_hidden_only),
        notes=(
            "Read from the sheet “List”; not read: “Sheet”.",
            "The sheet “List” is hidden in the workbook.",
            "Columns read: name from “Name”; e-mail from “Email”.",
        ),
    ),
    Case(
        "formulas without a result, and one that went wrong",
        of_rows([*ROWS, ['="Cy "&"Do"', "cy@example.org"], ["Di Er", "=A2&B2"], ["#REF!", "ed@example.org"], ["=A1", "=B1"]]),
        (
            ANA,
            BO,
            (4, "", "cy@example.org", "", False),
            (5, "Di Er", "", "", False),
            (6, "#REF!", "ed@example.org", "", False),
            (7, "", "", "", False),
        ),
        (
            (4, "name", "formula", ""),
            (5, "email", "formula", ""),
            (6, "name", "formula", ""),
            (7, "email", "formula", ""),
            (7, "name", "formula", ""),
        ),
    ),
    Case(
        "a formula with its result, cells without coordinates, no dimensions, as some programs write",
        of_sheet(
            f"<sheetData><row>{inline('Name')}{inline('Email')}</row>"
            f'<row>{inline("Ana Silva")}<c t="str"><f>LOWER("ANA@example.org")</f><v>ana@example.org</v></c></row></sheetData>'
        ),
        (ANA,),
    ),
    Case(
        "dimensions that are wrong",
        of_sheet(
            '<dimension ref="A1"/><sheetData>' + "".join(f"<row>{''.join(map(inline, row))}</row>" for row in ROWS) + "</sheetData>"
        ),
    ),
    Case(
        "a row that claims to be far below",
        of_sheet(
            "<sheetData>"
            + "".join(
                f'<row r="{row}">{"".join(map(inline, cells))}</row>'
                for row, cells in zip((1, 2, 3, 10**12), (*ROWS, ("Cy", "Do")), strict=True)
            )
            + "</sheetData>"
        ),
        notes=(
            "Reading stopped at row 5004, behind thousands of empty rows.",
            "Columns read: name from “Name”; e-mail from “Email”.",
        ),
    ),
    Case(
        "a prefix at each tag, as a library writes",
        with_members(
            of_rows([["x"]]),
            {
                SHEET: (
                    b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
                    b'<x:row r="2"><x:c r="A2" t="str"><x:v>Ana Silva</x:v></x:c><x:c r="B2" t="str"><x:v>ana@example.org</x:v></x:c>'
                    b'<x:c r="C2" t="str"><x:v>Lyon</x:v></x:c></x:row><x:row r="3"><x:c r="A3" t="str"><x:v>Bo Li</x:v></x:c>'
                    b'<x:c r="B3" t="str"><x:v>bo@example.org</x:v></x:c></x:row></x:sheetData>'
                    b'<x:mergeCells><x:mergeCell ref="C2:C3"/></x:mergeCells></x:worksheet>'
                )
            },
        ),
        ((2, "Ana Silva", "ana@example.org", "Lyon", False), (3, "Bo Li", "bo@example.org", "Lyon", False)),
    ),
    Case(
        "Japanese, with readings beside the characters and text in pieces",
        of_sheet(
            '<sheetData><row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c><c t="s"><v>3</v></c></row></sheetData>',
            **_with_strings(_STRINGS),
        ),
        ((2, "山田 花子", "hanako@example.com", "", False),),
    ),
    Case("formats far out", book(_far_formats), notes=None),
    Case(
        "one column, as a mail program has it",
        of_rows([["Participants"], ["Ana Silva <ana@example.org>"], ["Li, Bo <bo@example.org>"]]),
        notes=(
            "No table with columns was found: each line was read as one person.",
            "Written “Last, First”, and turned round: line 3.",
            "Left out, because nobody stands there: line 1.",
        ),
    ),
    Case(
        "escaped line ends, spaces that do not break, a cell over lines",
        of_rows([["Name", "Email"], ["Ana_x000D_\nSilva", "\u00a0ana@example.org "], ["Bo\u3000 Li", "bo@example.org\n"]]),
    ),
    Case(
        "two addresses in a cell, and bidirectional signs",
        of_rows(
            [
                ["Name", "Email"],
                ["Ana Silva", "ana@example.org\nana@example.net"],
                ["\u2067Bo Li\u2069", "\u202abo@example.org\u202c"],
            ]
        ),
        ((2, "Ana Silva", "ana@example.org ana@example.net", "", False), BO),
        ((2, "email", "two-addresses", ""), (3, "email", "invisible-character", "bo@example.org")),
    ),
    Case(
        "yes and no as Excel's own",
        of_rows(
            [
                ["Name", "Email", "Remote"],
                ["Ana Silva", "ana@example.org", True],
                ["Bo Li", "bo@example.org", False],
                [None, None, False],
            ]
        ),
        ((2, "Ana Silva", "ana@example.org", "", True), BO),
    ),
    Case("a workbook with macros", with_members(of_rows(ROWS), {"xl/vbaProject.bin": b"\x00macro"})),
)
