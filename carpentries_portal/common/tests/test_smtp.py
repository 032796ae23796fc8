"""Letters against a real mail server: sent once, refused, put off, cut off in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from carpentries_portal.common import notices
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.notices import delivery

NOW = datetime(2018, 2, 12, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Server:
    """What the mail server saw, and what it shall answer to each recipient and each letter, in turn; then always yes."""

    def __init__(self) -> None:
        self.rcpt_answers: list[str] = []
        self.data_answers: list[str] = []
        self.letters: list[tuple[list[str], bytes]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.data_answers.pop(0) if self.data_answers else "250 OK"
        if answer == "hang up":
            server.transport.abort()
            return "421 bye"
        if answer.startswith("250"):
            self.letters.append((envelope.rcpt_tos, envelope.content))
        return answer


@pytest.fixture
def server(settings: Any, unused_port: int) -> Iterator[Server]:
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=unused_port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield handler
    controller.stop()


@pytest.fixture
def ana(db: None) -> Person:
    return Person.objects.create_user("ana@example.org", "Ana Ferreira")


def _owe(person: Person, occasion: str = "code:1") -> None:
    notices.queue(letter="common.login_code", to=person, occasion=occasion, context={"code": "7F3K-2P"}, now=NOW)


def _row() -> tuple[str, int, str]:
    notice = Notice.objects.get()
    return notice.state, notice.attempts, notice.error


def test_deliver_due_real_server_gets_it_once(ana: Person, server: Server) -> None:
    _owe(ana)
    for _time in range(3):
        delivery.deliver_due(now=NOW)
    ((to, content),) = server.letters
    message = message_from_bytes(content, policy=policy.default)
    assert to == ["ana@example.org"]
    assert message["From"] == "Instructor training <portal@example.org>"
    assert message["Subject"] == "Your code to log in"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Your code: 7F3K-2P" in body.get_content()
    assert _row() == ("sent", 1, "")


def test_deliver_due_refused_recipient_fails_at_once_with_the_servers_words(ana: Person, server: Server) -> None:
    server.rcpt_answers = ["550 5.1.1 No such user here"]
    _owe(ana)
    delivery.deliver_due(now=NOW)
    delivery.deliver_due(now=NOW + 10 * MINUTE)
    assert _row() == ("failed", 1, "The address was refused: 550 5.1.1 No such user here")
    assert server.letters == []


@pytest.mark.parametrize("answer", ["554 5.7.1 Looks like spam", "500 What?"])
def test_deliver_due_refused_letter_fails_at_once(ana: Person, server: Server, answer: str) -> None:
    server.data_answers = [answer]
    _owe(ana)
    delivery.deliver_due(now=NOW)
    assert _row() == ("failed", 1, f"The letter was refused: {answer}")


@pytest.mark.parametrize(("step", "answer"), [("rcpt_answers", "451 4.7.1 Greylisted"), ("data_answers", "452 4.3.1 Disk full")])
def test_deliver_due_put_off_leaves_the_next_time(ana: Person, server: Server, step: str, answer: str) -> None:
    setattr(server, step, [answer])
    _owe(ana)
    delivery.deliver_due(now=NOW)
    state, attempts, error = _row()
    assert (state, attempts) == ("queued", 1)
    assert answer in error
    delivery.deliver_due(now=NOW)
    assert server.letters == []
    delivery.deliver_due(now=NOW + MINUTE)
    assert len(server.letters) == 1
    assert _row() == ("sent", 2, "")


def test_deliver_due_server_hangs_up_in_the_middle_leaves_the_next_time(ana: Person, server: Server) -> None:
    server.data_answers = ["hang up"]
    _owe(ana)
    delivery.deliver_due(now=NOW)
    state, attempts, error = _row()
    assert (state, attempts) == ("queued", 1)
    assert error.startswith("No mail server took it. SMTPServerDisconnected")
    delivery.deliver_due(now=NOW + MINUTE)
    assert len(server.letters) == 1
    assert _row() == ("sent", 2, "")


def test_deliver_due_one_refused_stops_no_other(ana: Person, server: Server) -> None:
    server.rcpt_answers = ["550 no", "250 OK", "451 later"]
    for n in range(4):
        _owe(ana, f"code:{n}")
    delivery.deliver_due(now=NOW)
    assert list(Notice.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "sent", "queued", "sent"]


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_deliver_due_four_workers_at_once_send_each_letter_once(server: Server) -> None:
    person = Person.objects.create_user("ana@example.org", "Ana Ferreira")
    for n in range(40):
        _owe(person, f"code:{n}")
    _at_once(4, lambda: delivery.deliver_due(now=NOW))
    assert len(server.letters) == 40
    ids = {message_from_bytes(content)["Message-ID"] for _to, content in server.letters}
    assert len(ids) == 40
    assert set(Notice.objects.values_list("state", "attempts")) == {("sent", 1)}


def _at_once(count: int, work: Callable[[], object]) -> None:
    start = threading.Barrier(count)

    def run() -> None:
        start.wait()
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
