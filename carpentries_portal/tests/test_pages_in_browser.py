"""Every page of the spine in Chromium: axe finds nothing, nothing scrolls sideways, the policy is not broken; both themes, both widths."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import get_resolver, resolve
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.tests.browsing import CHROMIUM, flaws
from carpentries_portal.tests.test_access_matrix import all_names
from certification.actions import correct_certificate, draw_due, revoke_certificate
from certification.factories import Team, certify
from certification.models import CertificateRevision
from certification.states import SubmissionState
from certification.tests.test_checkouts import hand_in, review
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainees.factories import name_people
from trainings.actions import ask_exception, cancel_booking, renew_feed
from trainings.factories import BookingFactory, DemandFactory, TrainerFactory, TrainingFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 2, 13, 18, tzinfo=UTC)  # D(27) of Chicago's training
NO_PAGE = {
    "common:healthz": "a word for a load balancer",
    "pages:my_data": "a ZIP",
    "pages:remind": "a button's POST, which leads back",
    "pages:remind_all": "a button's POST, which leads back",
    "pages:report_csv": "a CSV",
    "trainings:feed": "a calendar",
    "trainings:own_feed": "a calendar",
    "trainings:ics": "a calendar",
    "trainings:room": "a button's POST, which leads back",
    "trainees:download": "a CSV or a workbook",
    "trainees:ics": "a calendar",
    "trainees:mark": "the roll call's POST, answered in JSON",
    "certification:take_back": "a button's POST, which leads back",
    "certification:queue_csv": "a CSV",
    "certification:queue_xlsx": "a workbook",
    "certification:file": "what was handed in, as a download",
    "certification:certificate": "a PDF",
    "account_confirm_login_code": "only after a code was asked for: test_the_code_to_log_in_is_for_everyone",
    **dict.fromkeys(
        (
            "mfa_authenticate",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_add_webauthn",
            "mfa_list_webauthn",
            "mfa_remove_webauthn",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
        ),
        "only after a login by a code, with a factor: what these pages do is in test_second_factor",
    ),
}
"""Routes that axe does not visit, each with its reason. Every other route has a path in the fixture `paths`."""
FIGURES = "/admin/figures/"  # whole: what is drawn in it is ours
LOOKS = [
    (1400, "light"),
    (320, "dark"),  # each width and each theme guards a change; the other two pairs come with --all
    pytest.param(1400, "dark", marks=pytest.mark.long),
    pytest.param(320, "light", marks=pytest.mark.long),
]


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The pages that a coordinator and staff see, with something on each; the personal links that let them in first."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    dana = CoordinatorFactory(name="Dana Whitfield")
    staff = StaffFactory()
    membership = MembershipFactory(organization=dana.organization)
    chicago = TrainingFactory()
    other = MembershipFactory(organization=dana.organization, starts_on=date(2018, 2, 1), ends_on=date(2019, 1, 31))
    trainer = TrainerFactory()
    booking = BookingFactory(
        training=TrainingFactory(zone="Europe/Paris", trainers=[trainer]), membership=membership, by=dana.person
    )
    BookingFactory(training=chicago, membership=other, seats=6)
    may = TrainingFactory(starts_on=chicago.starts_on.replace(month=5), now=NOW)
    CoordinatorFactory(organization=dana.organization)
    asked = ask_exception(
        training=chicago, membership=membership, rule="R6", reason="We were ill.", by=dana.person, now=NOW, seats=6
    )
    DemandFactory(membership=membership, by=dana.person, spans=((date(2018, 5, 1), date(2018, 6, 30)),), now=NOW)
    renew_feed(person=dana.person, now=NOW)
    place = name_people(booking, 3, by=dana.person, now=NOW)[0]
    team = Team(2)
    work = [("contribution", NOW.date(), NOW), ("discussion", NOW.date(), NOW)]
    first, second = (hand_in(team.checkout(), code, on, at, notes="See the link.") for code, on, at in work)
    review(first, team, SubmissionState.REPEAT, NOW.date(), NOW, "Say it first, then type.")
    learner = team.places[0]
    certified = Team(6, starts_on=date(2018, 1, 9), start=20)
    certificate = certify(certified, now=NOW)
    draw_due(now=NOW)
    correct_certificate(certificate_id=certificate.pk, name="Ana Maria Silva", why="In full.", by=staff, now=NOW)
    revoked = certify(certified, 1, now=NOW)
    gone_team = BookingFactory(training=may, membership=membership, by=dana.person, seats=6, now=NOW)
    cancel_booking(booking_id=gone_team.pk, why="The room is gone.", by=dana.person, now=NOW)
    alone = name_people(
        BookingFactory(training=may, membership=other, by=dana.person, seats=6, now=NOW), 2, by=dana.person, now=NOW, start=12
    )
    revoke_certificate(certificate_id=revoked.pk, why="A test.", by=staff, now=NOW)
    draw_due(now=NOW)
    old, new, gone = CertificateRevision.objects.order_by("certificate", "revision").values_list("token", flat=True)
    links = {
        who: make_link(person=person, purpose="test", leads_to=to, now=NOW)
        for who, person, to in (
            ("coordinator", dana.person, "/"),
            ("trainee", place.person, "/"),
            ("trainer", trainer.person, "/"),
            ("team", team.coordinator, "/"),
            ("certified team", certified.coordinator, "/"),
            ("learner", learner.person, "/"),
            ("certified", certified.places[0].person, "/"),
            ("revoked", certified.places[1].person, "/"),
            ("staff", staff, "/admin/"),
        )
    }
    return {
        "nobody": [
            "/",
            "/partners/",
            "/trainings/",
            "/trainings/?view=month&zone=Asia/Tokyo&month=2018-03&seats=x",
            "/trainings/?month=2019-01&open=on&zone=Nowhere",
            "/trainings/subscribe/?seats=6",
            f"/trainings/{chicago.code}/",
            "/zone/",
            "/components/",
            "/account/login/",
            "/account/login/code/",
            "/enter/opens-no-longer/",
            "/not-there/",
            "/verify/",
            "/verify/invented/",
            f"/verify/{old}/",
            f"/verify/{new}/",
            f"/verify/{gone}/",
        ],
        "coordinator": [
            links["coordinator"],
            "/",
            f"/memberships/{membership.pk}/",
            f"/trainings/?within=year-{membership.pk}&suits=on",
            "/trainings/subscribe/",
            f"/memberships/{membership.pk}/demand/",
            f"/memberships/{other.pk}/demand/",
            f"/bookings/{booking.pk}/",
            f"/memberships/{membership.pk}/report/",
            f"/organizations/{dana.organization_id}/",
            f"/organizations/{dana.organization_id}/coordinators/{dana.pk}/remove/",
            f"/bookings/{booking.pk}/move/",
            f"/bookings/{booking.pk}/move/?to={may.code}",
            f"/bookings/{booking.pk}/change/",
            f"/bookings/{booking.pk}/people/",
            f"/bookings/{booking.pk}/sign-in/",
            f"/bookings/{booking.pk}/cancel/",
            f"/trainings/{chicago.code}/book/?membership={membership.pk}&seats=6",
            f"/trainings/{chicago.code}/ask/R6/?membership={membership.pk}&seats=6",
            f"/trainings/{may.code}/book/?membership={membership.pk}&seats=6",
            f"/trainings/{may.code}/",
            f"/bookings/{gone_team.pk}/",
            f"/places/{alone[0].pk}/alone/",
            "/me/",
            "/account/second-factor/",
            "/account/logout/",
        ],
        "team": [
            links["team"],
            f"/memberships/{team.booking.membership_id}/",
            f"/bookings/{team.booking.pk}/",
            f"/places/{team.places[1].pk}/more-time/",
        ],
        "certified team": [
            links["certified team"],
            f"/memberships/{certified.booking.membership_id}/",
            f"/bookings/{certified.booking.pk}/",
            f"/memberships/{certified.booking.membership_id}/report/",
        ],
        "trainer": [
            links["trainer"],
            "/",
            f"/trainings/{booking.training.code}/attendance/?day=2",
            f"/trainings/{booking.training.code}/attendance/{booking.pk}/confirm/",
            f"/trainings/{booking.training.code}/attendance/",
            f"/trainings/{booking.training.code}/evidence/",
            "/review/",
            f"/review/{second.pk}/",
            f"/review/{first.pk}/",
            "/review/session/",
        ],
        "learner": [
            links["learner"],
            "/",
            f"/places/{learner.pk}/",
            f"/checkouts/{learner.pk}/",
            f"/checkouts/{learner.pk}/hand-in/contribution/",
            f"/checkouts/{learner.pk}/more-time/",
        ],
        "trainee": [links["trainee"], "/", f"/places/{place.pk}/", f"/places/{place.pk}/application/"],
        "staff": [
            links["staff"],
            "/admin/",
            FIGURES,
            "/admin/trainings/demand/",
            *(f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry),
            "/admin/tonight/",
            "/admin/status/",
            "/admin/letters/",
            "/admin/trainings/training/add/",
            asked.admin_path(),
            f"{asked.admin_path().replace('change', 'do/approve')}",
        ],
        "certified": [links["certified"], f"/checkouts/{certified.places[0].pk}/"],
        "revoked": [links["revoked"], f"/checkouts/{certified.places[1].pk}/"],
    }


@pytest.fixture
def browser(paths: dict[str, list[str]]) -> Iterator[Browser]:
    """After the rows are made: Playwright's loop would give the test a second connection, which nobody closes."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


def problems(page: Page, url: str, *, ours: bool) -> list[str]:
    """What is wrong with a page as it is drawn. Admin's own markup is Django's; its colours are ours."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(url)
    broken = list(said)  # what axe itself tries afterwards is not the page's
    return [*broken, *(f"{url} {flaw}" for flaw in flaws(page) if ours or "color-contrast" in flaw)]


def test_every_route_is_visited_or_says_why_not(paths: dict[str, list[str]]) -> None:
    visited = {resolve(path.partition("?")[0]).view_name for of_one in paths.values() for path in of_one if path != "/not-there/"}
    routes = set(all_names(get_resolver(settings.ROOT_URLCONF).url_patterns))
    assert routes - visited - set(NO_PAGE) == set()
    assert set(NO_PAGE) - (routes - visited) == set()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize(
    "who", ["nobody", "coordinator", "team", "certified team", "trainee", "learner", "trainer", "certified", "revoked", "staff"]
)
def test_pages_are_for_everyone(
    live_server: LiveServer, paths: dict[str, list[str]], browser: Browser, who: str, width: int, scheme: str
) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    found: list[str] = []
    for path in paths[who]:
        found += problems(page, live_server.url + path, ours=who != "staff" or path == FIGURES)
        if path.startswith("/enter/") and "opens-no-longer" not in path:
            page.get_by_role("button", name="Enter the portal").click()
    assert found == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_code_to_log_in_is_for_everyone(
    live_server: LiveServer, paths: dict[str, list[str]], browser: Browser, width: int, scheme: str
) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.goto(f"{live_server.url}/account/login/code/")
    page.locator("main input[type=email]").fill(f"somebody-{width}-{scheme}@example.org")  # three an address, then one waits
    page.locator("main button").first.click()
    page.wait_for_url("**/confirm/")
    assert flaws(page) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_checked_list_is_for_everyone(
    live_server: LiveServer, paths: dict[str, list[str]], browser: Browser, width: int, scheme: str
) -> None:
    """The preview, which only a POST shows: with problems at their cells, and as it can be accepted."""
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.goto(live_server.url + paths["coordinator"][0])
    page.get_by_role("button", name="Enter the portal").click()
    people = next(path for path in paths["coordinator"] if path.endswith("/people/"))
    for listed in ("Zoë\tzoe@example,org\n\tnobody@example.org\nAda\tada@example.org\tAnnex", "Ada Low\tada@example.org"):
        page.goto(live_server.url + people)
        page.get_by_label("Names and e-mails, one person a line").fill(listed)
        page.get_by_role("button", name="Check the list").click()
        assert flaws(page) == []
    page.get_by_role("button", name="Accept 1 name").click()
    page.get_by_text("1 person is on the list.").wait_for()
