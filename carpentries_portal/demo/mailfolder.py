"""Reading the mail folder of the embedded default: one .eml file for each letter."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was sent. `name` is its file's, without the ending."""

    name: str
    subject: str
    to: str
    reply_to: str
    text: str
    html: str
    attachments: tuple[str, ...]


def _folder() -> Path:
    return Path(getattr(settings, "EMAIL_FILE_PATH", None) or settings.DATA_DIR / "mail")


def _newest() -> list[Path]:
    folder = _folder()
    return (
        sorted(folder.glob("[!.]*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
        if folder.is_dir()
        else []
    )


def newest_letters(limit: int) -> list[Letter]:
    """The letters that left last, the newest first."""
    return [letter for path in _newest()[:limit] if (letter := find_letter(path.stem)) is not None]


def find_letter(name: str) -> Letter | None:
    """The letter of a file's name; None where there is none, or the name is more than a name."""
    path = _folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return Letter(
        name=name,
        subject=str(message["Subject"]),
        to=str(message["To"]),
        reply_to=str(message["Reply-To"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(_names(message.iter_attachments())),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""


def _names(parts: Iterable[object]) -> list[str]:
    return [part.get_filename() or "" for part in parts if isinstance(part, EmailMessage)]
