"""The zip around a workbook, looked at before anything is read from it: what it is, and how large it would become. Pure."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO

from django.utils.translation import gettext as _

from carpentries_portal.common.tablefile import UnreadableFileError

MOST_INFLATED = 30 * 1024 * 1024
MOST_MEMBERS = 2_000
MOST_TAGS = 1_000_000
"""Signs "<" in one member: 2,000 rows of 100 columns have fewer. Each becomes objects in memory, which a small file can repeat at will."""
_STEP = 256 * 1024


def refuse_bad_archive(content: bytes) -> None:
    """Raises UnreadableFileError for a zip that is no workbook, that is damaged or encrypted, or that would become too large."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            _refuse_no_workbook({member.filename.replace("\\", "/").lstrip("/").lower() for member in members})
            if any(member.flag_bits & 1 for member in members):
                raise UnreadableFileError(_("The workbook is protected by a password. Save it without one, and upload it again."))
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_INFLATED:
                raise _far_too_large()
            _inflate(archive, members)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
    ) as problem:
        if isinstance(problem, UnreadableFileError):
            raise
        raise damaged() from problem


def _refuse_no_workbook(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise UnreadableFileError(_("This is a binary Excel workbook (.xlsb). Save it as Excel workbook (.xlsx) or as CSV."))
    if any(name.startswith("xl/") for name in names):
        return
    if any(name.startswith("word/") for name in names):
        raise UnreadableFileError(
            _("This is a Word document, not a table. Paste the list from it, or save it as CSV or Excel workbook (.xlsx).")
        )
    if any(name.startswith("ppt/") for name in names):
        raise UnreadableFileError(
            _("This is a presentation, not a table. Paste the list from it, or upload it as Excel workbook (.xlsx).")
        )
    if {"mimetype", "content.xml"} & names:
        raise UnreadableFileError(_("This is an OpenDocument file (.ods or .odt). Save it as Excel workbook (.xlsx) or as CSV."))
    if any(name.endswith(".iwa") for name in names):
        raise UnreadableFileError(_("This is an Apple Numbers file. Export it as Excel workbook (.xlsx) or as CSV."))
    raise UnreadableFileError(_("This is an archive, not a table. Unpack it, and upload the list in it."))


def _inflate(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Each member unpacked once, piece by piece and thrown away: what a zip declares of its sizes need not be true."""
    left = MOST_INFLATED
    for member in members:
        tags = 0
        with archive.open(member) as packed:
            while piece := packed.read(_STEP):
                left -= len(piece)
                tags += piece.count(b"<")
                if left < 0 or tags > MOST_TAGS:
                    raise _far_too_large()


def _far_too_large() -> UnreadableFileError:
    return UnreadableFileError(
        _("Unpacked, the workbook holds far more than a list of 2,000 rows. Copy the list into a new workbook, and upload that.")
    )


def damaged() -> UnreadableFileError:
    """The refusal of a workbook that breaks off, or that no reader understands."""
    return UnreadableFileError(
        _("The workbook is damaged, or no reader understands it. Open it, save it again as .xlsx or CSV, and upload that.")
    )
