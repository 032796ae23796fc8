"""Second factors: set up, asked for at login and before /admin/, lost and reset; limits that a forged address does not pass."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from carpentries_portal.common import clock, links, ways_in
from carpentries_portal.common.models import JournalEntry, Notice, Person, PortalSession
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.people import find_or_add_person
from carpentries_portal.common.ways_in import UnableToEndAccess
from memberships.factories import MembershipFactory, PersonFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN, CONFIRM = "/account/login/", "/account/login/code/confirm/"
FACTORS, APP = "/account/second-factor/", "/account/second-factor/app/"
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@pytest.fixture(autouse=True)
def _own_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test-factor"}}
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def ines(settings: Any) -> Person:
    """Staff of a portal where staff need a second factor."""
    settings.STAFF_SECOND_FACTOR = True
    person, _new = find_or_add_person(email="ines.moreau@example.org", name="Ines Moreau", now=clock.now(), is_staff=True)
    Person.objects.filter(pk=person.pk).update(is_superuser=True)
    return Person.objects.get(pk=person.pk)


def code_of(secret: str, *, later: int = 0) -> str:
    """RFC 6238, as a telephone computes it: the code of this half minute, or of a later one (each holds once)."""
    counter = time.time_ns() // 1_000_000_000 // 30 + later
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def mailed_code() -> str:
    delivery.deliver_due(now=clock.now())
    codes = [found[1] for message in mail.outbox if (found := re.search(r"Your code: (\S+)", str(message.body)))]
    return codes[-1]


def by_code(person: Person, **more: str) -> Client:
    """Logged in with the code by mail; with a second factor, as far as the page that asks for it."""
    client = Client()
    client.post(LOGIN, {"email": person.email, **more})
    client.post(CONFIRM, {"code": mailed_code(), **more})
    return client


def with_app(client: Client) -> str:
    """Set an app up; returns its secret."""
    page = client.get(APP).content.decode()
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found, page
    answer = client.post(APP, {"code": code_of(found[1])})
    assert (answer.status_code, answer["Location"]) == (302, "/account/second-factor/codes/")
    return found[1]


def logged_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


# setting up, and the desk


def test_staff_without_a_factor_are_led_to_one_and_then_to_the_page_they_wanted(ines: Person) -> None:
    client = by_code(ines)
    answer = client.get("/admin/trainings/training/?q=x")
    assert (answer.status_code, answer["Location"]) == (302, FACTORS)
    assert "Staff need a second factor" in client.get(FACTORS).content.decode()
    with_app(client)
    page = client.get(FACTORS).content.decode()
    assert 'href="/admin/trainings/training/?q=x"' in page
    assert client.get("/admin/").status_code == 200


def test_the_qr_code_stands_in_the_page_under_our_policy(ines: Person) -> None:
    answer = by_code(ines).get(APP)
    page = answer.content.decode()
    svg = re.search(r'<div class="qr">(<svg.*?</svg>)</div>', page, re.DOTALL)
    assert svg is not None
    assert "style=" not in svg[1]
    assert "data:" not in page
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_a_login_asks_for_the_app_and_a_code_holds_once(ines: Person) -> None:
    first = by_code(ines)
    secret = with_app(first)
    client = by_code(ines)
    assert logged_in(client) is None
    assert "Now your second factor" in client.get("/account/second-factor/login/").content.decode()
    wrong = client.post("/account/second-factor/login/", {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    code = code_of(secret)
    client.post("/account/second-factor/login/", {"code": code})
    assert logged_in(client) == str(ines.pk)
    assert client.get("/admin/").status_code == 200
    other = by_code(ines)
    assert "Incorrect code" in other.post("/account/second-factor/login/", {"code": code}).content.decode()  # it was used
    assert logged_in(other) is None


def test_a_link_lets_staff_in_and_not_to_the_desk(ines: Person) -> None:
    secret = with_app(by_code(ines))
    client = Client()
    client.post(links.make_link(person=ines, purpose="exception", leads_to="/admin/", now=clock.now()))
    answer = client.get("/admin/memberships/membership/")
    assert answer["Location"] == "/account/second-factor/confirm/?next=%2Fadmin%2Fmemberships%2Fmembership%2F"
    assert client.post("/admin/common/person/1/merge/", {})["Location"] == "/account/second-factor/confirm/?next=%2Fadmin%2F"
    answer = client.post(answer["Location"], {"code": code_of(secret, later=1), "next": "/admin/memberships/membership/"})
    assert answer["Location"] == "/admin/memberships/membership/"
    assert client.get("/admin/memberships/membership/").status_code == 200


def test_a_link_does_not_set_up_the_first_factor(ines: Person) -> None:
    client = Client()
    client.post(links.make_link(person=ines, purpose="exception", leads_to="/admin/", now=clock.now()))
    assert client.get("/admin/")["Location"] == FACTORS
    for path in (APP, "/account/second-factor/passkey/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, LOGIN)
        assert logged_in(client) is None
    assert not Authenticator.objects.exists()


def test_a_page_outside_admin_leads_a_link_to_the_factor_and_back(ines: Person) -> None:
    secret = with_app(by_code(ines))
    membership = MembershipFactory()
    wanted = f"/memberships/{membership.pk}/"
    client = Client()
    client.post(links.make_link(person=ines, purpose="exception", leads_to="/", now=clock.now()))
    answer = client.get(wanted)
    assert answer["Location"] == f"/account/second-factor/confirm/?next=%2Fmemberships%2F{membership.pk}%2F"
    assert client.post("/review/1/", {"result": "passed"})["Location"] == "/account/second-factor/confirm/?next=%2Fadmin%2F"
    answer = client.post(answer["Location"], {"code": code_of(secret, later=1), "next": wanted})
    assert answer["Location"] == wanted
    assert client.get(wanted).status_code == 200
    assert client.post("/review/1/", {"result": "passed"}).status_code == 404  # there is no such work


def test_without_any_factor_a_page_outside_admin_leads_to_setting_one_up(ines: Person) -> None:
    client = by_code(ines)
    path = f"/memberships/{MembershipFactory().pk}/"
    assert client.get(path)["Location"] == FACTORS
    with_app(client)
    assert f'href="{path}"' in client.get(FACTORS).content.decode()
    assert client.get(path).status_code == 200


def test_nobody_is_stopped_without_the_setting(ines: Person, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client = by_code(ines)
    assert client.get(f"/memberships/{MembershipFactory().pk}/").status_code == 200


PRODUCTION = {
    "DATABASE_URL": "postgres://nobody@localhost/none",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "portal.example.org",
    "SITE_URL": "https://portal.example.org",
    "REDIS_URL": "redis://localhost/9",
    "EMAIL_URL": "smtp://localhost",
}


@pytest.mark.parametrize(
    ("more", "on"),
    [({}, False), (PRODUCTION, True), ({**PRODUCTION, "STAFF_SECOND_FACTOR": "0"}, False), ({"STAFF_SECOND_FACTOR": "1"}, True)],
    ids=["SQLite", "production", "production that says no", "SQLite that says yes"],
)
def test_production_asks_for_the_factor_unless_it_says_otherwise(tmp_path: Path, more: dict[str, str], on: bool) -> None:
    root = Path(__file__).resolve().parents[2]
    read = "from carpentries_portal import settings; print(settings.STAFF_SECOND_FACTOR)"
    env = {"PORTAL_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", **more}
    done = subprocess.run([sys.executable, "-c", read], env=env, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == str(on)


def test_without_the_setting_the_desk_opens_as_before(ines: Person, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client = Client()
    client.force_login(ines, backend=BACKEND)
    assert client.get("/admin/").status_code == 200


def test_others_may_have_a_factor_and_need_none(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    dana, _new = find_or_add_person(email="dana@example.org", name="Dana", now=clock.now())
    client = by_code(dana)
    assert client.get("/me/").status_code == 200
    assert client.get("/admin/").status_code == 302
    with_app(client)
    assert logged_in(by_code(dana)) is None


# recovery, removal, letters


def test_recovery_codes_are_shown_once_and_let_in_once(ines: Person) -> None:
    client = by_code(ines)
    with_app(client)
    page = client.get("/account/second-factor/codes/").content.decode()
    codes = re.findall(r"<li><code>(\w+)</code></li>", page)
    assert len(codes) == 10
    again = client.get("/account/second-factor/codes/").content.decode()
    assert [code for code in codes if code in again] == []
    one = by_code(ines)
    one.post("/account/second-factor/login/", {"code": codes[0]})
    assert logged_in(one) == str(ines.pk)
    two = by_code(ines)
    two.post("/account/second-factor/login/", {"code": codes[0]})
    assert logged_in(two) is None
    assert "9 codes are left" in client.get(FACTORS).content.decode()


def test_removing_the_app_is_told_and_shuts_the_desk(ines: Person) -> None:
    client = by_code(ines)
    with_app(client)
    assert "Remove the app?" in client.get("/account/second-factor/app/remove/").content.decode()
    client.post("/account/second-factor/app/remove/")
    assert not Authenticator.objects.exists()
    delivery.deliver_due(now=clock.now())
    said = [str(message.body) for message in mail.outbox if "second factor" in message.subject]
    assert [
        ("An app with codes is your second factor now." in body, "no second factor of yours any more" in body) for body in said
    ] == [
        (True, False),
        (False, True),
    ]


def test_secrets_do_not_lie_open_in_the_database(ines: Person) -> None:
    secret = with_app(by_code(ines))
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_a_superuser_resets_the_lost_factor_of_another(ines: Person) -> None:
    other = StaffFactory(name="Rui")
    client = by_code(ines)
    with_app(client)
    path = f"/admin/common/person/{ines.pk}/do/reset-factors/"
    desk = Client()
    desk.force_login(other, backend=BACKEND)
    session = desk.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 1}]
    session["account_authentication_methods_user"] = str(other.pk)
    session.save()
    page = desk.get(path).content.decode()
    assert "Be sure that it is they who ask: call them." in page
    desk.post(path, {"why": "Telephone lost.", "once": page.split('name="once" value="')[1].split('"')[0]})
    assert not Authenticator.objects.exists()
    assert logged_in(client) is None or client.get("/me/").status_code == 302
    assert JournalEntry.objects.get(what="factors_reset").why == "Telephone lost."
    delivery.deliver_due(now=clock.now())
    assert "Staff took your second factors away" in str(mail.outbox[-1].body)
    assert by_code(ines).get("/admin/")["Location"] == FACTORS


def test_reset_is_for_superusers_and_for_others(ines: Person) -> None:
    with_app(by_code(ines))
    scheduler = PersonFactory(is_staff=True)
    for by, said in ((scheduler, "is staff: only a superuser"), (ines, "Your own you change on your page")):
        with pytest.raises(UnableToEndAccess, match=said):
            ways_in.reset_factors(person_id=ines.pk, why="x", by=by, now=clock.now())
    assert Authenticator.objects.filter(user=ines).exists()


# sessions


def test_sessions_of_a_person_are_seen_and_ended() -> None:
    dana = PersonFactory(name="Dana", email="dana@example.org")
    first, second, desk = Client(), Client(), Client()
    for client in (first, second):
        client.force_login(dana, backend=BACKEND)
    staff = StaffFactory()
    desk.force_login(staff, backend=BACKEND)
    path = links.make_link(person=dana, purpose="place", leads_to="/places/7/", now=clock.now())
    page = desk.get(f"/admin/common/person/{dana.pk}/change/").content.decode()
    assert "2, end on" in page
    assert "/enter/····/ for “place”, to /places/7/" in page
    assert path.split("/")[2] not in page
    assert ways_in.end_sessions(person_id=dana.pk, why="A library’s computer.", by=staff, now=clock.now()) == 2
    assert [client.get("/me/").status_code for client in (first, second)] == [302, 302]
    assert desk.get("/me/").status_code == 200
    [link] = dana.personal_links.all()
    assert ways_in.end_links(person_id=dana.pk, links=[link.pk], why="Sent on.", by=staff, now=clock.now()) == 1
    assert Client().get(path).status_code == 404
    for end in (ways_in.end_sessions, lambda **more: ways_in.end_links(links=[link.pk], **more)):
        with pytest.raises(UnableToEndAccess):
            end(person_id=dana.pk, why="Again.", by=staff, now=clock.now())
    assert PortalSession.objects.filter(person=dana).count() == 0


# limits


def test_wrong_codes_are_counted_for_the_person_whatever_address_they_come_from(ines: Person) -> None:
    secret = with_app(by_code(ines))
    client = by_code(ines)
    for n in range(8):
        client.post("/account/second-factor/login/", {"code": "000000"}, headers={"X-Forwarded-For": f"192.0.2.{n}"})
    answer = client.post(
        "/account/second-factor/login/", {"code": code_of(secret, later=1)}, headers={"X-Forwarded-For": "198.51.100.7"}
    )
    assert "Too many" in answer.content.decode()
    assert logged_in(client) is None


def test_behind_our_proxy_only_the_address_that_it_saw_counts(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    answers = [
        Client().post(LOGIN, {"email": f"eve{n}@example.org"}, headers={"X-Forwarded-For": f"192.0.2.{n}, 203.0.113.5"})
        for n in range(25)
    ]
    assert [answer.status_code for answer in answers] == [302] * 20 + [200] * 5
    other = Client().post(LOGIN, {"email": "dana@example.org"}, headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.6"})
    assert other.status_code == 302


ASK = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "carpentries_portal.settings"
django.setup()
from allauth.core import ratelimit
from django.test import RequestFactory
print(sum(bool(ratelimit.consume(RequestFactory().post("/"), action="certificate_number")) for _time in range(15)))
"""


def test_a_limit_holds_over_processes(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    env = {"PORTAL_TEST": "1", "PORTAL_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    passed = [
        int(subprocess.run([sys.executable, "-c", ASK], env=env, cwd=root, capture_output=True, text=True, check=True).stdout)
        for _process in range(2)
    ]
    assert passed == [15, 5]  # 20 in ten minutes, from one address


def test_every_letter_about_factors_is_queued_once(ines: Person) -> None:
    with_app(by_code(ines))
    assert Notice.objects.filter(letter="common.factor_changed").count() == 1
