"""Reading the mail folder of the embedded default: one file a mail server connection, the letters in it divided by a rule."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

RULE = "-" * 79 + "\n"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was sent."""

    number: int
    subject: str
    to: str
    text: str
    attachments: tuple[str, ...]


def _message(raw: str) -> EmailMessage:
    message = email.message_from_string(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _letter(number: int, raw: str) -> Letter:
    message = _message(raw)
    body = message.get_body(("plain",))
    return Letter(
        number=number,
        subject=str(message["subject"]),
        to=str(message["to"]),
        text=str(body.get_content()) if body is not None else "",
        attachments=tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )


def letters() -> list[Letter]:
    """Every letter in the folder, the newest first, numbered by age so that a number stays."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda path: (path.stat().st_mtime_ns, path.name)) if folder.is_dir() else []
    raws = [raw for path in files for raw in path.read_text(encoding="utf-8").split(RULE) if raw.strip()]
    return [_letter(number, raw) for number, raw in enumerate(raws, start=1)][::-1]
