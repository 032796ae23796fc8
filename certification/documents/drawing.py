"""A certificate as PDF: one font configuration and one parsed style sheet in a process; nothing is fetched but files that are shipped."""

from __future__ import annotations

import functools
import hashlib
import io
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from carpentries_portal.common.errors import UnableTo
from certification.documents.paper import SIZES, Paper, first_size, page

FLOW_ENDS = 610.0  # CSS px from the top (161 mm): below stands what never moves, the number and the code
FONTS = ("Atkinson", "Noto-Serif-Display", "Noto-Naskh-Arabic", "Noto-Serif-Hebrew", "Noto-Serif-Devanagari", "Noto-Serif-CJK")


class UnableToDraw(UnableTo):
    """The name fits in no size, or a font of the set-up is missing."""


class Refused(FatalURLFetchingError):
    """Something asked for what is not shipped with the portal."""


class ShippedFiles(URLFetcher):
    """Gives files of the static folder, and nothing else: neither the network nor the rest of the disk."""

    def __init__(self, root: Path) -> None:
        super().__init__(allowed_protocols=("file",), allow_redirects=False, fail_on_errors=True)
        self.root = root.resolve()

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        path = Path(url.removeprefix("file://").split("?")[0]).resolve()
        if not url.startswith("file:///") or not path.is_relative_to(self.root):
            raise Refused(f"not shipped with the portal: {url[:200]}")
        return URLFetcherResponse(url, _regular(path) if path.suffix == ".woff2" else path.read_bytes())


def _regular(path: Path) -> bytes:
    """The regular weight of a variable font: left variable, each certificate would be charged for making it (40 ms)."""
    font, still = TTFont(path), io.BytesIO()
    if "fvar" in font:
        instantiateVariableFont(font, {"wght": 400}, inplace=True)
    font.flavor = None
    font.save(still)
    return still.getvalue()


@functools.cache
def _tools() -> tuple[FontConfiguration, CSS, ShippedFiles]:
    """What every certificate of this process shares: made once, it takes longer than a certificate."""
    found = finders.find("css/certificate.css")
    assert isinstance(found, str), "css/certificate.css is not among the static files"
    sheet, fonts = Path(found), FontConfiguration()
    fetcher = ShippedFiles(sheet.parent.parent)
    return (
        fonts,
        CSS(string=sheet.read_text(encoding="utf-8"), base_url=sheet.as_uri(), font_config=fonts, url_fetcher=fetcher),
        fetcher,
    )


def draw(paper: Paper) -> bytes:
    """The PDF, one page. The same paper gives the same bytes. Raises UnableToDraw."""
    for size in SIZES[first_size(paper.name) :]:
        document = _laid_out(page(paper, size=size))
        if _fits(document):
            seal = hashlib.sha256(f"{paper.address} {paper.number}".encode()).digest()[:16]
            pdf: bytes = document.write_pdf(finisher=_check_fonts, pdf_identifier=seal, pdf_tags=True, custom_metadata=True)
            return pdf
    raise UnableToDraw(_("“%(name)s” does not fit on a certificate, not even in small letters.") % {"name": paper.name[:80]})


def _laid_out(html: str) -> Document:
    fonts, css, fetcher = _tools()
    return HTML(string=html, base_url=None, url_fetcher=fetcher).render(font_config=fonts, stylesheets=[css])


def _fits(document: Document) -> bool:
    anchors = document.pages[0].anchors
    return len(document.pages) == 1 and "end" in anchors and anchors["end"][1] <= FLOW_ENDS


def _check_fonts(document: Document, pdf: Any) -> None:
    """A machine without our fonts would draw boxes, and nobody would see it: whatever else was used is refused."""
    used = {
        str(thing["FontName"]).split("+")[-1].strip("'\"/")
        for thing in pdf.objects
        if isinstance(thing, dict) and "FontName" in thing
    }
    strange = sorted(font for font in used if not font.startswith(FONTS))
    if strange:
        raise UnableToDraw(
            _("The fonts of the set-up are missing (fonts-noto-core, fonts-noto-cjk): %(fonts)s was used.")
            % {"fonts": ", ".join(strange)}
        )
