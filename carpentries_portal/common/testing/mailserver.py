"""A real mail server for tests: it keeps every letter that it took, and answers as it is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """Start with `start()`, end with `stop()`. `data_answers` and `rcpt_answers` are given in turn, then always yes.

    "hang up" closes the connection in mid-session, before the letter is taken; "take and hang up" after it, before the OK.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.rcpt_answers: list[str] = []
        self.data_answers: list[str] = []
        self.refuses: set[str] = set()
        self.slow = 0.0  # seconds before each letter is taken
        self.letters: list[tuple[list[str], bytes]] = []
        self.with_letter: Callable[[], object] = lambda: None  # done while the server has a letter and has not said OK
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's name
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250 OK"
        if address in self.refuses:
            answer = "550 5.1.1 No such user here"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # as above
        if self.slow:
            await asyncio.sleep(self.slow)
        answer = self.data_answers.pop(0) if self.data_answers else "250 OK"
        if answer != "hang up" and (answer.startswith("250") or answer == "take and hang up"):
            self.with_letter()
            self.letters.append((list(envelope.rcpt_tos), bytes(envelope.content)))
        if answer.endswith("hang up"):
            server.transport.abort()
            return "421 bye"
        return answer

    def taken(self) -> Counter[tuple[str, str]]:
        """How often each letter was taken: by its Message-ID and to whom."""
        return Counter(
            (str(message_from_bytes(body, policy=policy.default)["Message-ID"]), to[0]) for to, body in list(self.letters)
        )
