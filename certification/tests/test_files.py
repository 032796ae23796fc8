"""Files that are handed in: told by what they hold; hostile ones are refused with the reason, what is taken never shows inline."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.signals import post_save
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common import clock
from certification.actions import Upload
from certification.factories import Team
from certification.models import Submission
from certification.policy.files import MAX_BYTES, FileProblem, check_file, shown_name
from certification.tests.test_checkouts import FEB, hand_in
from memberships.factories import PersonFactory

BACKEND = "carpentries_portal.common.backends.PersonBackend"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def archive(name: str = "a.txt", size: int = 10) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(name, b"\0" * size)
    return out.getvalue()


PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\1" * 40 + b"\xff\xd9"
TEXT = "Notes on a lesson – mit Umlauten, und кириллица.\n".encode()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("paper.pdf", PDF),
        ("SHOT.PNG", png()),
        ("photo.jpg", JPEG),
        ("photo.jpeg", JPEG + b"trailer of a telephone"),
        ("notes.txt", TEXT),
        ("notes.md", b"# A lesson\n\n<b>HTML inside Markdown is text</b>\n"),
        ("bom.txt", b"\xef\xbb\xbfHello"),
        ("exactly.txt", b"a" * MAX_BYTES),
        ("данные.pdf", PDF),
    ],
)
def test_safe_types_are_taken(name: str, body: bytes) -> None:
    check_file(name, body)


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("big.txt", b"a" * (MAX_BYTES + 1), "larger than 10 MB"),
        ("nothing.pdf", b"", "is empty"),
        ("blank.txt", b" \n\t ", "it is empty"),
        ("tool.exe", b"MZ\x90\0", "not taken: send PDF"),
        ("noname", PDF, "not taken: send PDF"),
        ("page.html", b"<html></html>", "not taken: send PDF"),
        ("picture.svg", b"<svg onload='x()'/>", "not taken: send PDF"),
        ("essay.docx", archive("word/document.xml"), "goes as PDF"),
        ("bomb.zip", archive(size=10**7), "not taken: send PDF"),
        ("page.txt", b"\n  <!DOCTYPE HTML><script>alert(1)</script>", "it is a web page"),
        ("svg.md", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "it is a web page"),
        ("tool.txt", b"MZ\x90\0\3", "not plain text"),
        ("nul.txt", b"hello\0world", "characters that no text has"),
        ("latin.txt", "Björn".encode("latin-1"), "not plain text in UTF-8"),
        ("renamed.pdf", archive(), "does not begin as a PDF"),
        ("renamed.png", PDF, "does not begin as a PNG"),
        ("renamed.jpg", png(), "does not begin as a JPEG"),
        ("late.pdf", b"\n\nMZ" + PDF, "does not begin as a PDF"),
        ("cut.pdf", b"%PDF-1.7\nendless", "cut off"),
        ("cut.png", png()[:-4], "cut off"),
        ("half.png", png()[:40], "cut off"),
        ("broken.png", png()[:50] + b"x" + png()[51:], "damaged"),
        ("cut.jpg", JPEG[:-2], "cut off"),
        ("polyglot.png", png() + b"<?php system($_GET['x']) ?>", "hidden behind the picture"),
        ("polyglot.pdf", PDF + archive() + b"%%EOF", "archive is hidden"),
        ("polyglot.jpg", JPEG + archive(), "archive is hidden"),
        ("bomb.png", png(60_000, 60_000), "larger than 100 megapixels"),
        ("evil.pdf\0.exe", b"MZ", "not taken: send PDF"),
        ("evil.exe\0.pdf", b"MZ", "does not begin as a PDF"),
    ],
)
def test_hostile_files_are_refused_with_the_reason(name: str, body: bytes, says: str) -> None:
    with pytest.raises(FileProblem) as problem:
        check_file(name, body)
    assert says in problem.value.sentence


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ana\\paper.pdf", "paper.pdf"),
        ("a\0b\r\nc.pdf", "abc.pdf"),
        ("abc\u202efdp.exe", "abcfdp.exe"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("山田 花子.txt", "山田 花子.txt"),
    ],
)
def test_a_name_is_shown_without_path_and_tricks(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@given(name=st.text(max_size=40), body=st.binary(max_size=300))
def test_whatever_is_sent_is_taken_or_refused(name: str, body: bytes) -> None:
    for kind in ("", ".pdf", ".png", ".jpg", ".txt"):
        with suppress(FileProblem):  # anything else would break the test
            check_file(name + kind, body)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Any:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(clock, "now", lambda: FEB)
    return Team().places[0]


def entered(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def sent(place: Any, name: str, body: bytes, **more: str) -> Any:
    values = {"done_on": "2018-02-19", "file": SimpleUploadedFile(name, body), **more}
    return entered(place.person).post(f"/checkouts/{place.pk}/hand-in/contribution/", values, follow=True)


@pytest.mark.django_db
def test_an_upload_is_kept_under_a_name_of_ours_and_leaves_as_a_download_of_no_type(place: Any, tmp_path: Path) -> None:
    body = b"<b>not a page</b>, says the text"
    sent(place, "../../my <notes>.txt", body)
    row = Submission.objects.get()
    assert row.file_name == "my <notes>.txt"
    kept = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == [f"submissions/{row.checkout_id}/{row.file_token}"]
    assert len(row.file_token) == 32
    answer = entered(place.person).get(f"/submissions/{row.pk}/file")
    assert answer.content == body
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert entered(PersonFactory()).get(f"/submissions/{row.pk}/file").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("big.pdf", PDF + b"0" * MAX_BYTES, "larger than 10 MB"),
        ("page.txt", b"<html><script>alert(1)</script></html>", "it is a web page"),
        ("empty.pdf", b"", "empty"),
    ],
)
def test_what_is_refused_stands_at_the_form_and_leaves_nothing(
    place: Any, tmp_path: Path, name: str, body: bytes, says: str
) -> None:
    answer = sent(place, name, body)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert Submission.objects.count() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_a_file_whose_work_is_refused_is_not_kept(place: Any, tmp_path: Path) -> None:
    answer = sent(place, "paper.pdf", PDF, done_on=date(2018, 2, 21).isoformat())
    assert "is still to come" in answer.content.decode()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/x", "https://"])
def test_a_link_is_one_that_a_reviewer_can_open(place: Any, link: str) -> None:
    client = entered(place.person)
    values = {"done_on": "2018-02-19", "link": link}
    answer = client.post(f"/checkouts/{place.pk}/hand-in/contribution/", values)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"link"}


@pytest.mark.django_db
def test_a_file_whose_row_could_not_be_kept_is_gone_too(place: Any, tmp_path: Path) -> None:
    """The row and its file are both there, or neither, whatever breaks in between."""

    def no_room(sender: object, **more: object) -> None:
        assert [path for path in tmp_path.rglob("*") if path.is_file()]
        raise OSError("no space is left")

    post_save.connect(no_room, sender=Submission)
    try:
        with pytest.raises(OSError, match="no space"):
            hand_in(place.checkout, "discussion", date(2018, 2, 19), FEB, upload=Upload("notes.txt", TEXT))
    finally:
        post_save.disconnect(no_room, sender=Submission)
    assert (Submission.objects.count(), [path for path in tmp_path.rglob("*") if path.is_file()]) == (0, [])
