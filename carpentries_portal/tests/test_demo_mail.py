"""The demo's post: readable, clickable, and only there in the demo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client


@pytest.fixture
def folder(settings: Any, tmp_path: Path, db: None) -> Path:
    settings.EMAIL_BACKEND = "carpentries_portal.common.mail_folder.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.ROOT_URLCONF = "carpentries_portal.tests.urls_with_demo"
    return tmp_path / "mail"


def _send(number: int, at: int) -> None:
    mail = EmailMultiAlternatives(
        f"Letter {number} <b>",
        "See http://localhost:8000/enter/abc/ & <script>alert(1)</script>",
        to=["ana@example.org"],
        reply_to=["contact@example.org"],
        headers={"Message-ID": f"<notice-{number}@localhost>"},
    )
    mail.attach_alternative('<p style="color: red">Hello</p>', "text/html")
    mail.attach("day.ics", b"BEGIN:VCALENDAR", "text/calendar")
    mail.send()
    os.utime(Path(mail.connection.folder) / f"notice-{number}-localhost.eml", (at, at))


def test_letters_newest_first(folder: Path, client: Client) -> None:
    _send(1, at=2_000)
    _send(2, at=1_000)
    page = client.get("/demo/mail/").text
    assert "2 letters have left" in page
    assert page.index("Letter 1 &lt;b&gt;") < page.index("Letter 2 &lt;b&gt;")
    assert 'href="/demo/mail/notice-1-localhost/"' in page


def test_letters_none_yet_says_what_to_do(folder: Path, client: Client) -> None:
    assert "No letter yet" in client.get("/demo/mail/").text


def test_letter_shows_to_whom_text_links_and_attachments(folder: Path, client: Client) -> None:
    _send(1, at=1_000)
    page = client.get("/demo/mail/notice-1-localhost/").text
    for shown in ("Letter 1 &lt;b&gt;", "ana@example.org", "contact@example.org", "day.ics"):
        assert shown in page
    assert '<a href="http://localhost:8000/enter/abc/" rel="nofollow">' in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_letter_html_is_shut_off_but_for_its_styles(folder: Path, client: Client) -> None:
    _send(1, at=1_000)
    answer = client.get("/demo/mail/notice-1-localhost/html/")
    assert answer.text.strip() == '<p style="color: red">Hello</p>'
    policy = answer["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize(
    "name", ["notice-9-localhost", "..%2F..%2Fetc%2Fpasswd", "..", ".notice-1-localhost.7", "a%00b", "x" * 300]
)
def test_letter_of_no_file_is_not_found(folder: Path, client: Client, name: str) -> None:
    _send(1, at=1_000)
    (folder.parent / "secret.eml").write_text("Subject: secret\n\nsecret")
    for path in (f"/demo/mail/{name}/", f"/demo/mail/{name}/html/", "/demo/mail/..%2Fsecret/"):
        assert client.get(path).status_code == 404


def test_demo_outside_the_demo_is_not_there(client: Client, db: None) -> None:
    assert client.get("/demo/mail/").status_code == 404
