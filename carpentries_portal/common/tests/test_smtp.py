"""Letters against a real mail server: sent once, refused, put off, cut off in the middle."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import psycopg2
import pytest
from django.db import connection

from carpentries_portal.common import clock, notices, tasks
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.testing.mailserver import MailServer

NOW = datetime(2018, 2, 12, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(settings: Any, unused_port: int) -> Iterator[MailServer]:
    server = MailServer(unused_port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield server
    server.stop()


@pytest.fixture
def ana(db: None) -> Person:
    return Person.objects.create_user("ana@example.org", "Ana Ferreira")


def _owe(person: Person, occasion: str = "code:1") -> None:
    notices.queue(letter="common.login_code", to=person, occasion=occasion, context={"code": "7F3K-2P"}, now=NOW)


def _row() -> tuple[str, int, str]:
    notice = Notice.objects.get()
    return notice.state, notice.attempts, notice.error


def test_deliver_due_real_server_gets_it_once(ana: Person, server: MailServer) -> None:
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


def test_deliver_due_refused_recipient_fails_at_once_with_the_servers_words(ana: Person, server: MailServer) -> None:
    server.rcpt_answers = ["550 5.1.1 No such user here"]
    _owe(ana)
    delivery.deliver_due(now=NOW)
    delivery.deliver_due(now=NOW + 10 * MINUTE)
    assert _row() == ("failed", 1, "The address was refused: 550 5.1.1 No such user here")
    assert server.letters == []


@pytest.mark.parametrize("answer", ["554 5.7.1 Looks like spam", "500 What?"])
def test_deliver_due_refused_letter_fails_at_once(ana: Person, server: MailServer, answer: str) -> None:
    server.data_answers = [answer]
    _owe(ana)
    delivery.deliver_due(now=NOW)
    assert _row() == ("failed", 1, f"The letter was refused: {answer}")


@pytest.mark.parametrize(("step", "answer"), [("rcpt_answers", "451 4.7.1 Greylisted"), ("data_answers", "452 4.3.1 Disk full")])
def test_deliver_due_put_off_leaves_the_next_time(ana: Person, server: MailServer, step: str, answer: str) -> None:
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


def test_deliver_due_server_hangs_up_in_the_middle_leaves_the_next_time(ana: Person, server: MailServer) -> None:
    server.data_answers = ["hang up"]
    _owe(ana)
    delivery.deliver_due(now=NOW)
    state, attempts, error = _row()
    assert (state, attempts) == ("queued", 1)
    assert error.startswith("No mail server took it. SMTPServerDisconnected")
    delivery.deliver_due(now=NOW + MINUTE)
    assert len(server.letters) == 1
    assert _row() == ("sent", 2, "")


def test_deliver_due_one_refused_stops_no_other(ana: Person, server: MailServer) -> None:
    server.rcpt_answers = ["550 no", "250 OK", "451 later"]
    for n in range(4):
        _owe(ana, f"code:{n}")
    delivery.deliver_due(now=NOW)
    assert list(Notice.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "sent", "queued", "sent"]


def test_deliver_due_server_hangs_up_after_it_took_the_letter_the_same_one_leaves_again(ana: Person, server: MailServer) -> None:
    """The known gap, seen from the other side: twice at most, and under one Message-ID, so that a mail reader shows one."""
    server.data_answers = ["take and hang up"]
    _owe(ana)
    for minutes in range(3):
        delivery.deliver_due(now=NOW + minutes * MINUTE)
    assert list(server.taken().values()) == [2]
    assert _row() == ("sent", 2, "")


@pytest.mark.parametrize("manner", ["says nothing", "closes at once"])
def test_deliver_due_server_that_is_none_leaves_the_next_time(ana: Person, server: MailServer, settings: Any, manner: str) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.EMAIL_PORT = deaf.getsockname()[1]
        if manner == "closes at once":
            threading.Thread(target=lambda: deaf.accept()[0].close(), daemon=True).start()
        _owe(ana)
        delivery.deliver_due(now=NOW)
    state, attempts, error = _row()
    assert (state, attempts) == ("queued", 1)
    assert error.startswith("No mail server took it. ")
    settings.EMAIL_TIMEOUT, settings.EMAIL_PORT = 20, server.port
    delivery.deliver_due(now=NOW + MINUTE)
    assert _row() == ("sent", 2, "")


def test_deliver_slow_server_a_turn_ends_and_each_claim_tells_when_it_was_made(
    ana: Person, server: MailServer, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """Three minutes a letter: claimed at one instant, the fifth would be taken for one that a dead worker has, and leave twice."""
    monkeypatch.setattr(clock, "now", lambda: NOW + 3 * len(server.letters) * MINUTE)
    for n in range(5):
        _owe(ana, f"code:{n}")
    turns = []
    for _turn in range(5):
        with django_capture_on_commit_callbacks() as bells:
            tasks.deliver()
        turns.append((len(server.letters), len(bells)))
        assert delivery.free_stuck(now=clock.now()) == 0
    assert turns == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]
    claimed = list(Notice.objects.order_by("pk").values_list("claimed_at", flat=True))
    assert claimed == [NOW + 3 * n * MINUTE for n in range(5)]


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_deliver_due_database_breaks_off_while_the_server_has_the_letter_it_leaves_once(server: MailServer) -> None:
    person = Person.objects.create_user("ana@example.org", "Ana Ferreira")
    for n in range(3):
        _owe(person, f"code:{n}")
    place = connection.get_connection_params()

    def break_off() -> None:
        other = psycopg2.connect(**{key: place[key] for key in ("dbname", "user", "host", "port")})
        other.autocommit = True
        other.cursor().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        other.close()

    server.with_letter = break_off
    delivery.deliver_due(now=NOW)
    server.with_letter = lambda: None
    delivery.deliver_due(now=NOW + 15 * MINUTE)
    assert list(server.taken().values()) == [1, 1, 1]
    assert set(Notice.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_deliver_due_four_workers_at_once_send_each_letter_once(server: MailServer) -> None:
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
