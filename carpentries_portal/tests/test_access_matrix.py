"""Every URL x every kind of person x GET and POST. A URL without a row fails; a stranger gets 404."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from carpentries_portal.common import clock, roles
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Person
from certification.models import Certificate, CertificateRevision, Checkout, Submission
from memberships.actions import remove_coordinator
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainees.factories import name_people
from trainings import feeds
from trainings.actions import renew_feed
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
WHO = ("nobody", "somebody", "trainee", "other trainee", "coordinator", "other coordinator", "trainer", "other trainer", "staff")
PUBLIC = dict.fromkeys(WHO, 200)
LOGIN = 302  # to the login page, or back after a change


def row(nobody: int, rest: int, **others: int) -> dict[str, int]:
    """Statuses by person: `rest` for all but nobody, and those named."""
    return {"nobody": nobody, **dict.fromkeys(WHO[1:], rest), **{name.replace("_", " "): code for name, code in others.items()}}


OWN = row(302, 404, coordinator=200)
OWN_OR_STAFF = row(302, 404, coordinator=200, staff=200)
ROLL_CALL = row(302, 404, coordinator=200, trainer=200, staff=200)
CONFIRMING = row(302, 404, trainer=200, staff=200)
TRAINEE = row(302, 404, trainee=200)
REVIEWER = row(302, 404, trainer=200, other_trainer=200, staff=200)
HANDED_IN = {**REVIEWER, "trainee": 200}
BOOKING = row(302, 404, coordinator=200, trainer=200, staff=200)
# url name -> (GET, POST); 405 where a method is none
MATRIX: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "home": (PUBLIC, dict.fromkeys(WHO, 405)),
    "partners": (PUBLIC, dict.fromkeys(WHO, 405)),
    "pages:membership": (OWN_OR_STAFF, row(302, 405)),
    "pages:booking": (BOOKING, row(302, 405)),
    "pages:report": (OWN_OR_STAFF, row(302, 405)),
    "pages:report_csv": (OWN_OR_STAFF, row(302, 405)),
    "pages:remind": (row(302, 405), row(302, 404, coordinator=302)),
    "pages:remind_all": (row(302, 405), row(302, 404, coordinator=302)),
    "pages:organization": (OWN_OR_STAFF, OWN_OR_STAFF),  # a POST without a name shows the form again
    "pages:remove_coordinator": (OWN, row(302, 404, coordinator=302)),
    "pages:move": (OWN, OWN),
    "pages:zone": (PUBLIC, PUBLIC),  # a POST without a zone shows the form again
    "pages:me": (row(302, 200), row(302, 200)),
    "pages:my_data": (row(302, 200), row(302, 405)),
    "pages:components": (PUBLIC, dict.fromkeys(WHO, 405)),
    "trainings:list": (PUBLIC, dict.fromkeys(WHO, 405)),
    "trainings:feed": (PUBLIC, dict.fromkeys(WHO, 405)),
    "trainings:subscribe": (PUBLIC, dict.fromkeys(WHO, 302)),
    "trainings:own_feed": (PUBLIC, dict.fromkeys(WHO, 405)),  # whoever has the address: it is the key
    "trainings:demand": (OWN, OWN),
    "trainings:detail": (PUBLIC, dict.fromkeys(WHO, 405)),
    "trainings:ics": (PUBLIC, dict.fromkeys(WHO, 405)),
    "trainings:book": (row(302, 200), row(302, 200)),
    "trainings:ask": (row(302, 404, coordinator=200), row(302, 404, coordinator=200)),
    "trainings:change_booking": (OWN, OWN),
    "trainings:cancel_booking": (OWN, OWN),
    "trainings:room": (row(302, 405), row(302, 404, coordinator=302)),
    "trainees:people": (OWN_OR_STAFF, OWN_OR_STAFF),
    "trainees:download": (BOOKING, row(302, 405)),
    "trainees:sign_in": (BOOKING, row(302, 405)),
    "trainees:attendance": (ROLL_CALL, ROLL_CALL),
    "trainees:mark": (row(302, 405), row(302, 404, coordinator=422, trainer=422, staff=422)),  # says nothing yet
    "trainees:confirm": (CONFIRMING, CONFIRMING),
    "trainees:evidence": (CONFIRMING, CONFIRMING),
    "trainees:place": (TRAINEE, row(302, 405)),
    "certification:checkout": (TRAINEE, row(302, 405)),
    "certification:hand_in": (TRAINEE, TRAINEE),  # a POST without anything shows the form again
    "certification:take_back": (row(302, 405), row(302, 404, trainee=302)),
    "certification:more_time": (TRAINEE, TRAINEE),
    "certification:more_time_for": (OWN, OWN),
    "certification:file": (HANDED_IN, row(302, 405)),
    "certification:queue": (REVIEWER, row(302, 405)),
    "certification:queue_csv": (REVIEWER, row(302, 405)),
    "certification:queue_xlsx": (REVIEWER, row(302, 405)),
    "certification:session": (REVIEWER, REVIEWER),
    "certification:review": (REVIEWER, REVIEWER),
    "certification:certificate": (row(302, 404, trainee=200, staff=200), row(302, 405)),
    "certification:verify_number": (PUBLIC, PUBLIC),  # a POST without a number shows the form again
    "certification:verify": (PUBLIC, dict.fromkeys(WHO, 405)),
    "trainees:application": (TRAINEE, row(302, 404, trainee=302)),
    "trainees:alone": (OWN, OWN),
    "trainees:ics": (TRAINEE, row(302, 405)),
    "common:enter": (PUBLIC, dict.fromkeys(WHO, 302)),
    "common:healthz": (PUBLIC, dict.fromkeys(WHO, 405)),
    "account_login": (row(200, 302), row(200, 302)),
    "account_request_login_code": (row(200, 302), row(200, 302)),
    "account_confirm_login_code": (dict.fromkeys(WHO, 302), dict.fromkeys(WHO, 302)),
    "account_logout": (row(302, 200), dict.fromkeys(WHO, 302)),
    "mfa_index": (row(302, 200), row(302, 405)),
    "mfa_list_webauthn": (row(302, 200), row(302, 405)),
    "mfa_authenticate": (dict.fromkeys(WHO, 302), dict.fromkeys(WHO, 302)),  # in the middle of a login alone
    "mfa_reauthenticate": (row(302, 403), row(302, 403)),  # nobody here has a factor to confirm with
    "mfa_reauthenticate_webauthn": (row(302, 403), row(302, 403)),
    "mfa_activate_totp": (dict.fromkeys(WHO, 302), dict.fromkeys(WHO, 302)),  # after a login by code alone
    "mfa_add_webauthn": (dict.fromkeys(WHO, 302), dict.fromkeys(WHO, 302)),
    "mfa_deactivate_totp": (row(302, 404), row(302, 404)),
    "mfa_remove_webauthn": (row(302, 404), row(302, 404)),
    "mfa_view_recovery_codes": (row(302, 404), row(302, 405)),
    "mfa_generate_recovery_codes": (row(302, 200), row(302, 200)),  # a POST without a factor says so
}


def status(answer: Any) -> int:
    """Read to its end, a file is closed."""
    if answer.streaming:
        answer.getvalue()
    code: int = answer.status_code
    return code


@dataclass
class World:
    """Two organizations, their coordinators, two trainers, and a booking of the first."""

    booking: Booking
    clients: dict[str, Client]
    paths: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()  # limits are counted there, over all tests of a process
    ours, theirs = CoordinatorFactory(), CoordinatorFactory()
    colleague = CoordinatorFactory(organization=ours.organization)
    MembershipFactory(organization=theirs.organization)
    membership = MembershipFactory(organization=ours.organization)
    trainer, other_trainer = TrainerFactory(), TrainerFactory()
    training = TrainingFactory(trainers=[trainer])
    booking = BookingFactory(training=training, membership=membership, by=ours.person, seats=6)
    somebody = PersonFactory()
    place, other_place = name_people(booking, 2, by=ours.person, now=NOW)
    days = {"first_due_on": date(2018, 6, 11), "due_on": date(2018, 6, 11), "enforced_from_on": NOW.date()}
    checkout = Checkout.objects.create(place=place, opened_at=NOW, **days)
    certificate = Certificate.objects.create(
        person=place.person, checkout=checkout, number="a number", issued_at=NOW, issued_on=NOW.date()
    )
    drawn = {"pdf": b"%PDF", "sha256": "0" * 64, "drawn_at": NOW, "due_at": NOW, "made_at": NOW}
    data = {"organization": "x", "starts_on": "2018-03-12", "ends_on": "2018-03-13", "zone": "America/Chicago", "exercises": []}
    CertificateRevision.objects.create(certificate=certificate, revision=1, token="a-token", name="Ana", data=data, **drawn)
    people = (
        None,
        somebody,
        place.person,
        other_place.person,
        ours.person,
        theirs.person,
        trainer.person,
        other_trainer.person,
        StaffFactory(),
    )
    work = Submission(checkout=checkout, exercise="contribution", done_on=NOW.date(), submitted_at=NOW, file_token="made-up")
    work.file.save("notes.txt", ContentFile(b"some work"))
    clients = {}
    for who, person in zip(WHO, people, strict=True):
        clients[who] = Client()
        if person is not None:
            clients[who].force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    code = training.code
    paths = {
        "mfa_remove_webauthn": "/account/second-factor/passkey/1/remove/",
        "pages:membership": f"/memberships/{membership.pk}/",
        "pages:booking": f"/bookings/{booking.pk}/",
        "pages:report": f"/memberships/{membership.pk}/report/",
        "pages:report_csv": f"/memberships/{membership.pk}/report.csv",
        "pages:remind": f"/bookings/{booking.pk}/remind/",
        "pages:remind_all": f"/memberships/{membership.pk}/remind/",
        "pages:organization": f"/organizations/{ours.organization_id}/",
        "pages:remove_coordinator": f"/organizations/{ours.organization_id}/coordinators/{colleague.pk}/remove/",
        "pages:move": f"/bookings/{booking.pk}/move/",
        "trainings:detail": f"/trainings/{code}/",
        "trainings:own_feed": f"/calendar/{feeds.token_of(renew_feed(person=ours.person, now=NOW))}.ics",
        "trainings:demand": f"/memberships/{membership.pk}/demand/",
        "trainings:ics": f"/trainings/{code}/calendar.ics",
        "trainings:book": f"/trainings/{code}/book/",
        "trainings:ask": f"/trainings/{code}/ask/R6/?membership={membership.pk}",
        "trainings:change_booking": f"/bookings/{booking.pk}/change/",
        "trainings:room": f"/bookings/{booking.pk}/room/",
        "trainings:cancel_booking": f"/bookings/{booking.pk}/cancel/",
        "trainees:people": f"/bookings/{booking.pk}/people/",
        "trainees:download": f"/bookings/{booking.pk}/people.csv",
        "trainees:sign_in": f"/bookings/{booking.pk}/sign-in/",
        "trainees:attendance": f"/trainings/{code}/attendance/",
        "trainees:mark": f"/trainings/{code}/attendance/mark/",
        "trainees:confirm": f"/trainings/{code}/attendance/{booking.pk}/confirm/",
        "trainees:evidence": f"/trainings/{code}/evidence/",
        "trainees:place": f"/places/{place.pk}/",
        "trainees:application": f"/places/{place.pk}/application/",
        "trainees:alone": f"/places/{place.pk}/alone/",
        "trainees:ics": f"/places/{place.pk}/training.ics",
        "certification:checkout": f"/checkouts/{checkout.place_id}/",
        "certification:hand_in": f"/checkouts/{checkout.place_id}/hand-in/discussion/",
        "certification:take_back": f"/checkouts/{checkout.place_id}/take-back/{work.pk}/",
        "certification:more_time": f"/checkouts/{checkout.place_id}/more-time/",
        "certification:more_time_for": f"/places/{place.pk}/more-time/",
        "certification:queue_csv": "/review/list.csv",
        "certification:queue_xlsx": "/review/list.xlsx",
        "certification:file": f"/submissions/{work.pk}/file",
        "certification:review": f"/review/{work.pk}/",
        "certification:certificate": f"/certificates/{certificate.pk}/certificate.pdf",
        "certification:verify": "/verify/a-token/",
        "common:enter": make_link(person=somebody, purpose="test", leads_to="/", now=NOW),
    }
    return World(booking=booking, clients=clients, paths=paths)


def all_names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Every named route outside admin, which its own test walks."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from all_names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix)
        else:
            yield f"{prefix}{pattern.name}"


def test_every_url_has_a_row() -> None:
    assert set(all_names(get_resolver(settings.ROOT_URLCONF).url_patterns)) == set(MATRIX)


def path_of(world: World, name: str) -> str:
    return world.paths.get(name) or reverse(name)


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_get_answers_as_the_matrix_says(world: World, name: str) -> None:
    answers = {who: status(client.get(path_of(world, name))) for who, client in world.clients.items()}
    assert answers == MATRIX[name][0]


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_post_answers_as_the_matrix_says_and_strangers_change_nothing(world: World, name: str) -> None:
    answers = {}
    for who, client in world.clients.items():
        if (name, who) == ("trainings:cancel_booking", "coordinator"):
            continue  # it would cancel: tested where booking is
        answers[who] = status(client.post(path_of(world, name), {"do": "check"}))
    expected = dict(MATRIX[name][1])
    if name == "trainings:cancel_booking":
        expected.pop("coordinator")
    assert answers == expected
    world.booking.refresh_from_db()
    assert (world.booking.state, world.booking.seats) == ("confirmed", 6)


def test_who_coordinates_two_organizations_enters_each_and_neither_more_once_removed(world: World) -> None:
    """The organization stands in the URL: whoever coordinates another one as well sees ours while they coordinate it, and not a day longer."""
    ours = world.booking.membership.organization
    row = CoordinatorFactory(organization=ours, email="both@example.org")
    other = CoordinatorFactory(email="both@example.org")
    elsewhere = MembershipFactory(organization=other.organization)
    both = Client()
    both.force_login(row.person, backend="carpentries_portal.common.backends.PersonBackend")
    answers = {name: status(both.get(path_of(world, name))) for name in ROUTES}
    assert answers == {name: MATRIX[name][0]["coordinator"] for name in ROUTES}
    assert both.get(f"/memberships/{elsewhere.pk}/").status_code == 200
    remove_coordinator(coordinator=row, by=StaffFactory(), now=NOW)
    for method, index in ((both.get, 0), (both.post, 1)):
        answers = {name: status(method(path_of(world, name))) for name in ROUTES}
        assert answers == {name: MATRIX[name][index]["other coordinator"] for name in ROUTES}
    assert both.get(f"/memberships/{elsewhere.pk}/").status_code == 200
    assert world.clients["coordinator"].get(f"/memberships/{elsewhere.pk}/").status_code == 404


BACKEND = "carpentries_portal.common.backends.PersonBackend"
ENDS = {"account_logout", "common:enter"}  # after these the client is nobody, or somebody else; as after the set-up of a factor
ROUTES = sorted(name for name in set(MATRIX) - ENDS if not name.startswith("mfa_"))


def answers_of(world: World, client: Client, names: list[str]) -> dict[str, tuple[int, int]]:
    return {
        name: (status(client.get(path_of(world, name))), status(client.post(path_of(world, name), {"do": "check"})))
        for name in names
    }


def column(who: str) -> dict[str, tuple[int, int]]:
    return {name: (MATRIX[name][0][who], MATRIX[name][1][who]) for name in ROUTES}


# where being staff is not enough: 403 for who sees it and has no role that acts there; the rest is as for staff
LOOKS_ON = (200, 403)
KEEPING = {
    "trainees:attendance": LOOKS_ON,
    "trainees:mark": (405, 403),
    "trainees:confirm": LOOKS_ON,
    "trainees:evidence": LOOKS_ON,
}
LISTING = {"trainees:people": (404, 404)}
REVIEWING = {"certification:review": LOOKS_ON, "certification:session": (403, 403)}
BY_ROLE = {
    roles.SUPERUSER: {},
    roles.SCHEDULER: REVIEWING,
    roles.REVIEWER: KEEPING | LISTING,
    roles.READER: KEEPING | LISTING | REVIEWING,
}


def with_role(role: str, person: Person) -> Client:
    Person.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=role == roles.SUPERUSER)
    if role in roles.GROUPS:
        person.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


@pytest.mark.parametrize("role", BY_ROLE)
def test_staff_act_outside_admin_by_their_role_alone(world: World, role: str) -> None:
    client = with_role(role, PersonFactory())
    assert answers_of(world, client, ROUTES) == column("staff") | BY_ROLE[role]
    world.booking.refresh_from_db()
    assert world.booking.attendance_confirmed_at is None
    queue = client.get("/review/").content.decode()
    acts = "certification:review" not in BY_ROLE[role]
    assert ("Record a whole session" in queue, "Review the first" in queue) == (acts, acts)
    assert ("waits for a review" in client.get("/").content.decode()) == acts


def test_a_trainer_whose_role_only_reads_trains_as_before(world: World) -> None:
    trainer = Person.objects.get(pk=world.clients["trainer"].session["_auth_user_id"])
    client = with_role(roles.READER, trainer)
    acting = sorted(KEEPING | REVIEWING)
    assert answers_of(world, client, acting) == {name: column("trainer")[name] for name in acting}


# a session of staff without their second factor

FACTOR = "/account/second-factor/"
NEEDLESS = {"pages:remind_all", "trainings:ask", "trainings:demand"}
"""For who acts for the membership, which staff see: they are led to the factor before they hear that it is not theirs."""


@pytest.mark.parametrize("who", ["somebody", "trainee", "coordinator", "trainer"])
def test_without_the_factor_staff_are_what_else_they_are_and_no_more(world: World, settings: Any, who: str) -> None:
    settings.STAFF_SECOND_FACTOR = True
    person = Person.objects.get(pk=world.clients[who].session["_auth_user_id"])
    client = with_role(roles.SUPERUSER, person)
    names = [name for name in ROUTES if (name, who) != ("trainings:cancel_booking", "coordinator")]  # it would cancel
    mine, staff = column(who), column("staff")
    stopped = {
        name: tuple(
            302 if code == 404 and (of != 404 or name in NEEDLESS) else code
            for code, of in zip(mine[name], staff[name], strict=True)
        )
        for name in names
    }
    assert answers_of(world, client, names) == stopped
    world.booking.refresh_from_db()
    assert (world.booking.state, world.booking.attendance_confirmed_at) == ("confirmed", None)
    led = [client.get(path_of(world, name)) for name in names if mine[name][0] == 404 and staff[name][0] == 200]
    assert led or who == "nobody"
    assert {answer["Location"] for answer in led} == {FACTOR}


def test_with_the_factor_staff_are_staff_on_every_page(world: World, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    person = PersonFactory()
    client = with_role(roles.SUPERUSER, person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 1}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    assert answers_of(world, client, ROUTES) == column("staff")


def test_admin_is_for_staff_alone(world: World) -> None:
    why = f"/admin/why/booking/{world.booking.pk}/"
    spanning = ["/admin/exceptions/", "/admin/figures/", "/admin/figures/seats.csv", "/admin/search/?q=an", why, f"{why}list.csv"]
    paths = ["/admin/", *spanning, *(f"/admin/{m._meta.app_label}/{m._meta.model_name}/" for m in admin.site._registry)]
    for path in paths:
        answers = {who: client.get(path).status_code for who, client in world.clients.items()}
        assert answers == {**dict.fromkeys(WHO, 302), "staff": 200}, path
    answers = {
        who: client.post("/admin/exceptions/decide/", {"row": "training:1"}).status_code for who, client in world.clients.items()
    }
    assert answers == dict.fromkeys(WHO, 302)


def test_pages_have_a_strict_content_security_policy(world: World) -> None:
    answer = world.clients["coordinator"].get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
