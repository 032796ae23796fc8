"""Logging in by a code that comes by mail: no password, no sign-up, and nobody learns who is known."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.people import find_or_add_person

LOGIN, CONFIRM = "/account/login/", "/account/login/code/confirm/"


@pytest.fixture(autouse=True)
def _own_cache(settings: Any) -> None:
    """Rate limits count in the cache: each test has its own."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test-login"}}
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def ana(db: None) -> Person:
    person, _new = find_or_add_person(email="Ana.Ferreira@Example.org", name="Ana Ferreira", now=clock.now())
    return person


def _code() -> str:
    """What the newest letter says."""
    delivery.deliver_due(now=clock.now())
    found = re.search(r"Your code: (\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def _person_of(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


@pytest.mark.parametrize(
    "written", ["Ana.Ferreira@Example.org", "ana.ferreira@example.org", "ANA.FERREIRA@EXAMPLE.ORG", " ana.ferreira@example.org "]
)
def test_login_with_the_code_from_the_letter(ana: Person, client: Client, written: str) -> None:
    answer = client.post(LOGIN, {"email": written})
    assert (answer.status_code, answer["Location"]) == (302, CONFIRM)
    assert client.get(CONFIRM).status_code == 200
    code = _code()
    assert mail.outbox[0].to == ["Ana.Ferreira@Example.org"]
    answer = client.post(CONFIRM, {"code": code.lower()})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert _person_of(client) == str(ana.pk)


def test_login_leads_on_to_the_page_that_asked(ana: Person, client: Client) -> None:
    client.post(LOGIN, {"email": ana.email, "next": "/bookings/7/"})
    answer = client.post(CONFIRM, {"code": _code(), "next": "/bookings/7/"})
    assert answer["Location"] == "/bookings/7/"


def test_login_never_leads_to_another_site(ana: Person, client: Client) -> None:
    client.post(LOGIN, {"email": ana.email, "next": "https://evil.example/"})
    answer = client.post(CONFIRM, {"code": _code(), "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_login_unknown_address_looks_the_same_and_draws_no_letter(ana: Person, client: Client) -> None:
    known, unknown = Client(), Client()
    answers = [known.post(LOGIN, {"email": ana.email}), unknown.post(LOGIN, {"email": "eve@example.org"})]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, CONFIRM)] * 2
    assert _bare(known.get(CONFIRM).text, ana.email) == _bare(unknown.get(CONFIRM).text, "eve@example.org")
    assert Notice.objects.count() == 1
    assert unknown.post(CONFIRM, {"code": "AAAA-AA"}).status_code == 200
    assert _person_of(unknown) is None


def _bare(page: str, email: str) -> str:
    return re.sub(r'value="\w{64}"', "", page).replace(email.lower(), "").replace(email, "")


def test_login_wrong_code_three_times_ends_it(ana: Person, client: Client) -> None:
    client.post(LOGIN, {"email": ana.email})
    code = _code()
    for _time in range(3):
        client.post(CONFIRM, {"code": "WRONG1"})
    client.post(CONFIRM, {"code": code})
    assert _person_of(client) is None


def test_login_code_of_another_browser_does_not_open(ana: Person, client: Client) -> None:
    client.post(LOGIN, {"email": ana.email})
    code = _code()
    other = Client()
    other.post(CONFIRM, {"code": code})
    assert _person_of(other) is None


def test_login_who_is_shut_out_gets_no_code(ana: Person, client: Client) -> None:
    Person.objects.update(is_active=False)
    client.post(LOGIN, {"email": ana.email})
    assert not Notice.objects.exists()


def test_login_each_request_has_its_own_letter(ana: Person, settings: Any, tmp_path: Any) -> None:
    """Even at the same instant of a clock that stands still."""
    (tmp_path / "clock").write_text(clock.now().isoformat())
    settings.PORTAL_CLOCK_FILE = str(tmp_path / "clock")
    client = Client()
    client.post(LOGIN, {"email": ana.email})
    client.post(LOGIN, {"email": ana.email})
    _code()
    assert len({str(letter.body) for letter in mail.outbox}) == 2


def test_login_asked_too_often_is_refused_whatever_the_forwarded_address(ana: Person) -> None:
    statuses = [
        Client().post(LOGIN, {"email": ana.email}, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(30)
    ]
    assert Notice.objects.count() <= 3
    assert statuses[-1] == 429


@pytest.mark.parametrize("path", ["/account/signup/", "/account/password/reset/", "/account/email/", "/account/password/change/"])
def test_account_nothing_else_is_there(db: None, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_logout_by_button_only(ana: Person, client: Client) -> None:
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/account/logout/").status_code == 200
    assert _person_of(client) is not None
    client.post("/account/logout/")
    assert _person_of(client) is None
