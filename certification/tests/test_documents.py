"""The certificate as a document: hard names are drawn in our fonts, on one page, inside the frame, and read back exactly."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont
from weasyprint import HTML

from carpentries_portal.common.lettering import can_letter, why_not
from certification.documents import Exercise, Paper, UnableToDraw, draw
from certification.documents import drawing as drawing_module
from certification.documents.drawing import Refused
from certification.documents.paper import language, page
from certification.tests.hard_names import HARD_NAMES, REFUSED, TEXT_LAYER_NOT_ASKED

PAPER = Paper(
    name="Ana Silva",
    organization="University of Florida",
    starts_on=date(2018, 3, 12),
    ends_on=date(2018, 3, 13),
    zone="America/Chicago",
    exercises=(
        Exercise("Lesson contribution", date(2018, 3, 28)),
        Exercise("Discussion session", date(2018, 4, 20)),
        Exercise("Teaching demonstration", date(2018, 6, 8)),
    ),
    issued_on=date(2018, 6, 11),
    number="7QX2-M4TN-9KDC-VH3R",
    address="https://portal.example.org/verify/" + "aB3_" * 8 + "/",
    typed_at="https://portal.example.org/verify/",
)
MM = 72 / 25.4  # points
FRAME = (77 * MM, 7 * MM, 289.5 * MM, 202.5 * MM)  # left, top, right, bottom: as in certificate.css
LINE = re.compile(r'<word xMin="([0-9.-]+)" yMin="([0-9.-]+)" xMax="([0-9.-]+)" yMax="([0-9.-]+)">(.*?)</word>')


def run(tool: str, *arguments: str, pdf: bytes, folder: Path) -> str:
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    command = [tool, *(str(path) if one == "PDF" else one for one in arguments)]
    said = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "surrogatepass")
    return said.encode("utf-16", "surrogatepass").decode("utf-16")  # poppler writes what lies beyond the first plane as two halves


def named(name: str) -> Paper:
    return dataclasses.replace(PAPER, name=name)


def spaceless(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize("what", HARD_NAMES)
def test_hard_name_is_drawn_in_our_fonts_on_one_page_inside_the_frame_and_reads_back(what: str, tmp_path: Path) -> None:
    name = HARD_NAMES[what]
    assert why_not(name) == ""
    pdf = draw(named(name))
    facts = run("pdfinfo", "-custom", "PDF", pdf=pdf, folder=tmp_path) + run("pdfinfo", "PDF", pdf=pdf, folder=tmp_path)
    assert f"Title:           Certificate of Instructor Training: {name}\n" in facts
    assert re.search(rf"^holder: +{re.escape(name)}$", facts, re.MULTILINE)
    assert re.search(r"^Pages: +1$", facts, re.MULTILINE)
    words = LINE.findall(run("pdftotext", "-bbox", "PDF", "-", pdf=pdf, folder=tmp_path))
    assert len(words) > 40
    outside = [
        word
        for left, top, right, bottom, word in words
        if not (FRAME[0] < float(left) and FRAME[1] < float(top) and float(right) < FRAME[2] and float(bottom) < FRAME[3])
    ]
    assert outside == []
    if what not in TEXT_LAYER_NOT_ASKED:
        assert spaceless(name) in spaceless(run("pdftotext", "-raw", "PDF", "-", pdf=pdf, folder=tmp_path))
    assert len(pdf) < (150_000 if any(ord(sign) > 0x2E80 for sign in name) else 60_000)


def test_page_says_what_it_attests(tmp_path: Path) -> None:
    text = run("pdftotext", "-layout", "PDF", "-", pdf=draw(PAPER), folder=tmp_path)
    said = " ".join(text.split())
    for words in (
        "Certificate of Instructor Training This certifies that Ana Silva",
        "took part with the team of University of Florida, completed the instructor training of The Carpentries",
        "12–13 Mar 2018 done 28 Mar 2018 done 20 Apr 2018 done 8 Jun 2018",
        "Chicago time",
        "11 June 2018",
        "7QX2-M4TN-9KDC-VH3R",
        "portal.example.org/verify/",
    ):
        assert words in said


def test_same_paper_gives_the_same_bytes_and_two_namesakes_differ() -> None:
    other = dataclasses.replace(PAPER, number="0000-0000-0000-0000", address="https://portal.example.org/verify/other/")
    assert draw(PAPER) == draw(PAPER)
    assert draw(PAPER) != draw(other)


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_font_has_is_refused_with_the_reason(what: str) -> None:
    assert why_not(REFUSED[what])


def test_refused_emoji_is_named() -> None:
    assert why_not("Ana 🎉") == (
        "A certificate cannot be lettered with “🎉” (party popper): it takes Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, "
        "Chinese, Japanese and Korean letters, and no pictures."
    )


def test_every_character_that_we_take_is_in_a_font_of_the_set_up() -> None:
    noto = Path("/usr/share/fonts/truetype/noto")
    files = [noto / f"Noto{name}-Regular.ttf" for name in ("SerifDisplay", "NaskhArabic", "SerifHebrew", "SerifDevanagari")]
    drawn = {code for file in files for code in TTFont(file).getBestCmap()}
    cjk = io.BytesIO(Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc").read_bytes())
    drawn |= set(TTCollection(cjk, lazy=True).fonts[0].getBestCmap())
    taken = {code for code in range(0x30000) if can_letter(chr(code))}
    assert sorted(hex(code) for code in taken - drawn) == []
    assert len(taken) > 43_000


@pytest.mark.parametrize(
    ("name", "country", "tag"),
    [
        ("Ana", "BR", "en"),
        ("田中 さくら", "", "ja"),
        ("田中 太郎", "JP", "ja"),
        ("김민준", "US", "ko"),
        ("陳奕迅", "HK", "zh-Hant"),
        ("王小明", "", "zh-Hans"),
        ("שרה", "", "he"),
    ],
)
def test_characters_take_the_forms_of_their_language(name: str, country: str, tag: str) -> None:
    assert language(name, country=country) == tag


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA", "ftp://127.0.0.1/x"]
)
def test_nothing_is_fetched_but_shipped_files(url: str) -> None:
    fonts, css, fetcher = drawing_module._tools()
    with pytest.raises(Refused):
        HTML(string=f'<img src="{url}">', url_fetcher=fetcher).write_pdf(font_config=fonts, stylesheets=[css])


def test_a_font_that_is_not_ours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing_module, "FONTS", ("Atkinson",))
    with pytest.raises(UnableToDraw, match=r"fonts-noto-core, fonts-noto-cjk\): Noto-Serif-Display was used"):
        draw(PAPER)


def test_what_people_wrote_is_escaped() -> None:
    html = page(dataclasses.replace(PAPER, name="<b>&</b>", organization="<i>x</i>"), size=44)
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html
    assert "<i>" not in html
