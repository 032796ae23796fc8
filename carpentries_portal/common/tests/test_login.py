"""Logging in by a code that comes by mail: no password, no sign-up, and nobody learns who is known."""

from __future__ import annotations

import re
from pathlib import Path
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


def test_login_another_code_comes_even_when_the_clock_stands_still(ana: Person, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text(clock.now().isoformat())
    settings.PORTAL_CLOCK_FILE = str(tmp_path / "clock")
    client = Client()
    client.post(LOGIN, {"email": ana.email, "next": "/bookings/7/"})
    first = _code()
    page = client.get(CONFIRM, {"next": "/bookings/7/"}).text
    found = re.search(r'name="next" value="(/account/login/\?[^"]*)"', page)
    assert found is not None
    answer = client.post("/account/logout/", {"next": found[1]})
    assert answer["Location"] == "/account/login/?next=/bookings/7/"
    assert client.get(answer["Location"]).status_code == 200
    client.post(LOGIN, {"email": ana.email})
    second = _code()
    assert first != second
    client.post(CONFIRM, {"code": first})
    assert _person_of(client) is None
    client.post(CONFIRM, {"code": second})
    assert _person_of(client) == str(ana.pk)


def test_login_asked_too_often_draws_three_letters_a_minute(ana: Person) -> None:
    answers = [Client().post(LOGIN, {"email": ana.email}) for _time in range(5)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 200, 200]
    assert "Too many" in answers[-1].text
    assert Notice.objects.count() == 3


def test_login_a_forged_forwarded_address_does_not_pass_the_limit(db: None) -> None:
    answers = [
        Client().post(LOGIN, {"email": f"eve{n}@example.org"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(25)
    ]
    assert [answer.status_code for answer in answers] == [302] * 20 + [200] * 5


@pytest.mark.parametrize("path", ["/account/signup/", "/account/password/reset/", "/account/email/", "/account/password/change/"])
def test_account_nothing_else_is_there(db: None, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_logout_by_button_only(ana: Person, client: Client) -> None:
    client.force_login(ana, backend="carpentries_portal.common.backends.PersonBackend")
    assert client.get("/account/logout/").status_code == 200
    assert _person_of(client) is not None
    client.post("/account/logout/")
    assert _person_of(client) is None
