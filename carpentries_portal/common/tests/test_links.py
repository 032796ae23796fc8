"""Personal links: who they let in, and what they give away."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from carpentries_portal.common.links import LIFETIME, find_link, make_link
from carpentries_portal.common.models import Person, PersonalLink

NOW = datetime(2018, 2, 12, 12, 0, tzinfo=UTC)


@pytest.fixture
def ana(db: None) -> Person:
    return Person.objects.create_user("ana@example.org", "Ana Ferreira")


@pytest.fixture(autouse=True)
def clock(settings: Any, tmp_path: Path) -> Path:
    """The portal's clock, to be moved by writing into it."""
    file = tmp_path / "clock"
    file.write_text(NOW.isoformat())
    settings.PORTAL_CLOCK_FILE = str(file)
    return file


def _link(person: Person, leads_to: str = "/trainings/") -> str:
    return make_link(person=person, purpose="test", leads_to=leads_to, now=NOW)


def _token(path: str) -> str:
    return path.split("/")[2]


def _person_of(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_make_link_keeps_only_the_hash(ana: Person) -> None:
    token = _token(_link(ana))
    assert len(token) == 43  # 32 bytes
    row = PersonalLink.objects.get()
    assert token not in str(vars(row))
    assert row.expires_at == NOW + timedelta(days=60)


def test_find_link_to_its_last_instant(ana: Person) -> None:
    token = _token(_link(ana))
    assert find_link(token, now=NOW + LIFETIME - timedelta(seconds=1)) is not None
    assert find_link(token, now=NOW + LIFETIME) is None


def test_find_link_revoked_or_of_somebody_shut_out_opens_nothing(ana: Person) -> None:
    token = _token(_link(ana))
    PersonalLink.objects.update(revoked_at=NOW)
    assert find_link(token, now=NOW) is None
    PersonalLink.objects.update(revoked_at=None)
    Person.objects.update(is_active=False)
    assert find_link(token, now=NOW) is None


def test_enter_get_shows_a_button_and_opens_no_session(ana: Person, client: Client) -> None:
    """Mail scanners follow links: following does nothing."""
    path = _link(ana)
    for _time in range(2):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Welcome, Ana Ferreira" in answer.text
    assert client.head(path).status_code == 200
    assert _person_of(client) is None
    assert PersonalLink.objects.get().last_used_at is None


def test_enter_post_opens_the_session_and_leads_to_a_clean_address(ana: Person, client: Client) -> None:
    answer = client.post(_link(ana, "/trainings/?month=2018-03"))
    assert (answer.status_code, answer["Location"]) == (302, "/trainings/?month=2018-03")
    assert _person_of(client) == str(ana.pk)
    assert PersonalLink.objects.get().last_used_at == NOW


def test_enter_post_as_somebody_else_ends_their_session(ana: Person, client: Client) -> None:
    ben = Person.objects.create_user("ben@example.org", "Ben")
    client.post(_link(ben))
    before = client.session.session_key
    client.post(_link(ana))
    assert _person_of(client) == str(ana.pk)
    assert client.session.session_key != before


@pytest.mark.parametrize("method", ["get", "post"])
def test_enter_expired_says_so_and_offers_the_code(ana: Person, client: Client, clock: Path, method: str) -> None:
    path = _link(ana)
    clock.write_text((NOW + LIFETIME).isoformat())
    answer = getattr(client, method)(path)
    assert answer.status_code == 404
    assert "This link opens no longer" in answer.text
    assert 'href="/account/login/"' in answer.text
    assert _person_of(client) is None


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 5000, "%00", "ä", "..", "'--"])
def test_enter_unknown_token_says_so(db: None, client: Client, token: str) -> None:
    assert client.get(f"/enter/{token}/").status_code == 404
    assert client.post(f"/enter/{token}/").status_code == 404


def test_enter_is_not_cached_and_sends_no_referrer(ana: Person, client: Client) -> None:
    for answer in (client.get(_link(ana)), client.get("/enter/unknown/"), client.post(_link(ana))):
        assert answer["Referrer-Policy"].startswith("no-referrer")
        assert "no-store" in answer["Cache-Control"]


def test_enter_button_of_another_site_is_refused(ana: Person) -> None:
    """Nobody can be logged in as somebody else by a form that lies elsewhere."""
    client = Client(enforce_csrf_checks=True)
    path = _link(ana)
    assert client.post(path).status_code == 403
    page = client.get(path).text
    found = re.search(r'<form method="post" class="actions">.*?name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    button = {"csrfmiddlewaretoken": found[1]}
    assert client.post(path, button, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post(path, button, headers={"Origin": "null"}).status_code == 403
    assert client.post(path, button, headers={"Origin": "http://testserver"}).status_code == 302
    assert _person_of(client) == str(ana.pk)
