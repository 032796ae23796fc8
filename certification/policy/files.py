"""Which files are taken with a piece of work: told by what they hold, not only by their name. Pure.

PDF, PNG, JPEG and plain text (Markdown too). No office documents: they are ZIP archives, which may hold macros or unpack
without end, and a reviewer cannot look at them without the program that wrote them; whoever has one saves it as PDF.
Whatever is taken is only ever served as a download of no type.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_BYTES = 10_000_000
MAX_PIXELS = 100_000_000
NAME_LENGTH = 120
PNG = b"\x89PNG\r\n\x1a\n"
ZIP_END = b"PK\x05\x06"
ZIP_END_WITHIN = 65_557  # where a reader of ZIP archives looks for their end
WEB_PAGE = ("<!doctype html", "<html", "<head", "<body", "<script", "<svg", "<?xml", "<!doctype svg", "<iframe")
TAKEN = gettext_lazy("PDF, PNG, JPEG or plain text (.txt, .md)")


class FileProblem(ValueError):
    """Why a file is not taken: a sentence for who sent it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _pdf(body: bytes) -> str:
    if not body.startswith(b"%PDF-"):
        return _("it does not begin as a PDF does")
    return "" if b"%%EOF" in body[-2048:] else _("it is cut off before its end")


def _png(body: bytes) -> str:
    """Each chunk with its sum, from the first to the last, and nothing behind."""
    if not body.startswith(PNG) or body[12:16] != b"IHDR":
        return _("it does not begin as a PNG image does")
    if int.from_bytes(body[16:20], "big") * int.from_bytes(body[20:24], "big") > MAX_PIXELS:
        return _("the picture is larger than 100 megapixels")
    at = len(PNG)
    while at + 12 <= len(body):
        size, kind = int.from_bytes(body[at : at + 4], "big"), body[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(body) or zlib.crc32(body[at + 4 : end - 4]) != int.from_bytes(body[end - 4 : end], "big"):
            return _("the picture is damaged")
        if kind == b"IEND":
            return "" if end == len(body) else _("something is hidden behind the picture")
        at = end
    return _("it is cut off before its end")


def _jpeg(body: bytes) -> str:
    if not body.startswith(b"\xff\xd8\xff"):
        return _("it does not begin as a JPEG image does")
    return "" if b"\xff\xd9" in body[2:] else _("it is cut off before its end")


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _("it is not plain text in UTF-8; save it so, or as PDF")
    if any(unicodedata.category(char) == "Cc" and char not in "\t\n\r\f" for char in text):
        return _("it holds characters that no text has")
    if text.lstrip().casefold().startswith(WEB_PAGE):
        return _("it is a web page; give its link instead")
    return "" if text.strip() else _("it is empty")


KINDS: Mapping[str, Callable[[bytes], str]] = {
    "pdf": _pdf,
    "png": _png,
    "jpg": _jpeg,
    "jpeg": _jpeg,
    "txt": _text,
    "md": _text,
}
ACCEPT = ",".join(f".{kind}" for kind in KINDS)


def check_file(name: str, body: bytes) -> None:
    """Raises FileProblem with the reason why the file is not taken."""
    shown = shown_name(name)
    kind = shown.rsplit(".", 1)[-1].casefold() if "." in shown else ""
    if len(body) > MAX_BYTES:
        raise FileProblem(too_large(name))
    if not body:
        raise FileProblem(_("“%(name)s” is empty.") % {"name": shown})
    if kind not in KINDS:
        text = _("“%(name)s” is not taken: send %(taken)s. A document of an office program goes as PDF.")
        raise FileProblem(text % {"name": shown, "taken": TAKEN})
    problem = KINDS[kind](body)
    if not problem and kind in {"pdf", "png", "jpg", "jpeg"} and ZIP_END in body[-ZIP_END_WITHIN:]:
        problem = _("an archive is hidden in it")
    if problem:
        raise FileProblem(_("“%(name)s” is not taken: %(problem)s.") % {"name": shown, "problem": problem})


def too_large(name: str) -> str:
    return _("“%(name)s” is larger than 10 MB. Make it smaller, or give a link to it.") % {"name": shown_name(name)}


def shown_name(name: str) -> str:
    """The sender's name for a file as it is shown: without folders, control characters and what turns the line around; never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}).strip(" .")
    if len(kept) > NAME_LENGTH:
        stem, dot, kind = kept.rpartition(".")
        kept = stem[: NAME_LENGTH - len(kind) - 1] + dot + kind if dot and len(kind) < 10 else kept[:NAME_LENGTH]
    return kept or _("file")
