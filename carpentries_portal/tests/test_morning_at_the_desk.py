"""In Chromium: a morning at the desk. Everything is reached from admin's start page by what a person would click; the database is asked what it did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Notice
from carpentries_portal.tests.browsing import CHROMIUM, enter
from certification.actions import ask_extension
from certification.factories import Team
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees.factories import name_people
from trainings.actions import ask_exception
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 5, 20, 14, tzinfo=UTC)
"""A Wednesday; twelve trainings of the real calendar are still to come."""
ANNOUNCED = datetime(2026, 3, 2, 12, tzinfo=UTC)
YEAR = {"starts_on": date(2025, 7, 1), "ends_on": date(2026, 6, 30), "now": ANNOUNCED}


class World:
    """Four requests wait, a training is at risk, a seat was forfeited a week ago, a year ends soon, and Ana Silva is two people."""

    def __init__(self) -> None:
        self.staff = StaffFactory(name="Ines Moreau")
        self.link = make_link(person=self.staff, purpose="test", leads_to="/admin/", now=NOW)
        self.florida, self.gold = self._member("University of Florida", "Dana Whitfield", "dana@example.org")
        self.closed: Training = TrainingFactory(starts_on=date(2026, 6, 3), now=ANNOUNCED)
        self.booking: Booking = BookingFactory(
            training=self.closed, membership=self.gold, by=self.florida.person, seats=8, now=ANNOUNCED
        )
        name_people(self.booking, 7, by=self.florida.person, now=ANNOUNCED)
        runs.run(now=datetime(2026, 5, 14, 12, 30, tzinfo=UTC))  # the night after the roster closed
        self.soon: Training = TrainingFactory(starts_on=date(2026, 6, 15), now=ANNOUNCED)
        for name, who in (("North College", "Rui Costa"), ("Lake University", "Ana Silva"), ("Hill Institute", "Mei Lin")):
            coordinator, membership = self._member(name, who, f"{who.split()[0].lower()}@example.org")
            at = NOW - timedelta(days=1)
            why, by = f"{name} was on leave.", coordinator.person
            ask_exception(training=self.soon, membership=membership, rule="R6", reason=why, by=by, now=at, seats=6)
        self.twin, _membership = self._member("Shore Library", "Ana M. Silva", "ana.silva@example.com")
        self.team = Team(6, starts_on=date(2026, 3, 10), start=20)
        self.learner = self.team.places[0].person
        ask_extension(checkout_id=self.team.checkout().pk, reason="I moved house.", by=self.learner, now=NOW - timedelta(hours=3))
        self.trainer = TrainerFactory(name="Nora Weiss", email="nora@example.org", now=ANNOUNCED)
        self.risk: Training = TrainingFactory(starts_on=date(2026, 6, 24), trainers=[self.trainer], now=ANNOUNCED)
        Notice.objects.all().delete()

    def _member(self, organization: str, who: str, email: str) -> tuple[Coordinator, Membership]:
        coordinator = CoordinatorFactory(organization=OrganizationFactory(name=organization), name=who, email=email, now=ANNOUNCED)
        return coordinator, MembershipFactory(organization=coordinator.organization, **YEAR)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return World()


@pytest.fixture
def page(world: World, live_server: LiveServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
        enter(page, live_server.url + world.link)
        yield page
        chromium.close()


def home(page: Page) -> None:
    """Back to the desk by the name of the site, which stands on each page."""
    page.locator("#site-name a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("for a decision")


def done(page: Page, text: str) -> None:
    expect(page.locator(".messagelist .success").first).to_contain_text(text)


def test_look(world: World, page: Page, live_server: LiveServer) -> None:
    import pathlib

    out = pathlib.Path("/tmp/morning-shots")
    out.mkdir(exist_ok=True)
    from axe_playwright_python.sync_playwright import Axe

    t = world.risk.pk
    paths = {
        "desk": "/admin/",
        "queue": "/admin/exceptions/",
        "why": f"/admin/why/membership/{world.gold.pk}/",
        "whyb": f"/admin/why/booking/{world.booking.pk}/?on=2026-05-10",
        "search": "/admin/search/?q=ana",
        "training": f"/admin/trainings/training/{t}/change/",
        "trainers": f"/admin/trainings/training/{t}/do/trainers/",
        "capacity": f"/admin/trainings/training/{t}/do/capacity/",
        "season": "/admin/trainings/training/season/",
        "list": "/admin/trainings/training/",
        "approve": f"/admin/trainings/trainingexception/{TrainingException.objects.first().pk}/do/approve/",
        "merge2": f"/admin/common/person/{world.florida.person.pk}/merge/?other=ana.silva@example.com",
        "person": f"/admin/common/person/{world.florida.person.pk}/change/",
        "renew": f"/admin/memberships/membership/{world.gold.pk}/do/renew/",
        "exc": f"/admin/trainings/trainingexception/{TrainingException.objects.first().pk}/change/",
        "membership": f"/admin/memberships/membership/{world.gold.pk}/change/",
    }
    for width in (320, 1400):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            for name, path in paths.items():
                answer = page.goto(live_server.url + path)
                if width == 320 and scheme == "light" and page.locator(".portal-form textarea").count():
                    print(page.evaluate("""[...document.querySelectorAll(".portal-form textarea, .portal-form fieldset, .portal-form .flex-container")].map(e => [e.tagName, e.getBoundingClientRect().width, getComputedStyle(e).width, getComputedStyle(e).boxSizing, getComputedStyle(e).maxWidth, getComputedStyle(e).margin])"""))
                page.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if scheme == "light" or True:
                    found = [f"{one['id']}: {one['nodes'][0]['html'][:100]}" for one in Axe().run(page).response["violations"]]
                    print(name, width, scheme, answer.status, "wide", wide, found, flush=True)
