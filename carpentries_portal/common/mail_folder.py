"""The mail server of the embedded default: a folder with one .eml file for each mail, which the demo can show."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes each mail under the name of its Message-ID, whole or not at all: a letter that is sent again replaces itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            message = email.message()
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", str(message["Message-ID"])).strip("-.")[:120]
            part = self.folder / f".{name}.{os.getpid()}"
            part.write_bytes(message.as_bytes())
            part.replace(self.folder / f"{name}.eml")
        return len(email_messages)
