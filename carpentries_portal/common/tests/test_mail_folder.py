"""The mail folder of the embedded default."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "carpentries_portal.common.mail_folder.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def _mail(number: int, body: str = "Grüße") -> EmailMessage:
    return EmailMessage("Hello", body, to=["ana@example.org"], headers={"Message-ID": f"<notice-{number}@portal.example.org>"})


def test_send_one_file_for_each_mail(folder: Path) -> None:
    for number in (1, 2, 3):
        assert _mail(number).send() == 1
    assert sorted(path.name for path in folder.iterdir()) == [f"notice-{n}-portal.example.org.eml" for n in (1, 2, 3)]
    message = message_from_bytes((folder / "notice-1-portal.example.org.eml").read_bytes(), policy=policy.default)
    assert (message["To"], message.get_content().strip()) == ("ana@example.org", "Grüße")


def test_send_again_replaces_itself(folder: Path) -> None:
    _mail(1, "first").send()
    _mail(1, "second").send()
    (file,) = folder.iterdir()
    assert b"second" in file.read_bytes()


def test_send_hostile_message_id_stays_in_the_folder(folder: Path) -> None:
    mail = EmailMessage("Hello", "x", to=["ana@example.org"], headers={"Message-ID": "<../../etc/passwd@x>"})
    mail.send()
    (file,) = folder.iterdir()
    assert file.name == "etc-passwd-x.eml"
