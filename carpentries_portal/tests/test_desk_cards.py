"""Every card of the desk at once: what stands on it, in words, and where it leads, which is where it is decided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from carpentries_portal.common import clock, desk, exceptions
from carpentries_portal.common.models import AuditFinding, AuditReport, BrakedAction, DataRequest, Notice, Person, Run, RunError
from carpentries_portal.common.models.notices import NoticeState
from certification import actions as certification
from certification.factories import Team, apply, certify, pass_exercises
from certification.models import Certificate, CertificateRevision, CheckoutException
from memberships.factories import MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import Membership, NameQuestion
from trainees.actions import accept_roster
from trainees.factories import name_people, named
from trainees.models import Place, RosterRequest
from trainings.actions import ask_exception, cancel_training
from trainings.factories import BookingFactory, DemandFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 10, 12, tzinfo=UTC)
LATE = datetime(2018, 2, 21, 18, tzinfo=UTC)
DAY = timedelta(days=1)
Expected = tuple[str, str, str, str]
"""The title of the card; an item of it: its text, what is said under it (a part), where it leads."""


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def admin(model: str, pk: int) -> str:
    return f"/admin/{model}/{pk}/change/"


def of_the_portal() -> Iterator[Expected]:
    """Own data, letters, brake, run, audit, names."""
    asks = DataRequest.objects.create(person=PersonFactory(name="Bo"), kind="correct", text="My name is Bo.", asked_at=NOW)
    yield "People who ask about their own data", str(asks), "My name is Bo.", admin("common/datarequest", asks.pk)
    letter = {"to_address": "gone@example.org", "to_key": "gone@example.org", "queued_at": NOW, "due_at": NOW}
    failed = Notice.objects.create(
        code="L2", letter="trainings.booking_confirmed", occasion="o", state=NoticeState.FAILED, error="550 no such user", **letter
    )
    yield "Letters that failed", "L2 to gone@example.org", "550 no such user", admin("common/notice", failed.pk)
    braked = BrakedAction.objects.create(
        rule="R7",
        subject_label="trainings.training",
        subject_id=1,
        subject_text="a training",
        cut_off_on=NOW.date(),
        sentence="Nobody is booked.",
        braked_at=NOW,
    )
    yield "Held back by the brake", "R7: a training", "Nobody is booked.", admin("common/brakedaction", braked.pk)
    run = Run.objects.create(as_of=NOW, started_at=NOW, planned_at=NOW, finished_at=NOW)
    RunError.objects.create(run=run, rule="R16", subject_label="trainings.booking", subject_id=7, error="ValueError: no", at=NOW)
    yield "Broke in the last run", "R16 trainings.booking 7", "ValueError: no", f"/admin/runs/{run.pk}/"
    report = AuditReport.objects.create(started_at=NOW, finished_at=NOW, found=1)
    found = AuditFinding.objects.create(report=report, audit="letters", subject="letter 9", sentence="it has no time")
    yield "Data that does not add up", "letter 9", "letters: it has no time", admin("common/auditfinding", found.pk)
    near = OrganizationFactory(name="Universität Zürich")
    name = NameQuestion.objects.create(name="Uni Zurich", name_key="uni zurich", near=near, source="the list", asked_at=NOW)
    text = "Is “Uni Zurich” the same as Universität Zürich?"
    yield "Names that may be one organization", text, "found in the list", admin("memberships/namequestion", name.pk)


def booked(starts_on: date, *, seats: int = 6) -> Booking:
    booking: Booking = BookingFactory(training=TrainingFactory(starts_on=starts_on), seats=seats)
    return booking


def of_trainings() -> Iterator[Expected]:
    """Exceptions, empty trainings, seats that came back, dates that are waited for."""
    full, asking = booked(date(2018, 3, 22)), MembershipFactory()
    row = ask_exception(
        training=full.training, membership=asking, rule="R6", seats=6, reason="Late.", by=PersonFactory(name="Ana"), now=NOW
    )
    yield "Exceptions to decide", f"R6: {row.subject_text()}", "Ana: Late.", row.admin_path()
    for title, starts_on, said in (
        ("Empty trainings that staff decide", date(2018, 3, 20), "It is still empty, less than two weeks ahead: staff decide."),
        ("Trainings without a booking", date(2018, 4, 12), "0 of 30 seats are booked."),
    ):
        empty = TrainingFactory(starts_on=starts_on)
        yield title, str(empty), said, admin("trainings/training", empty.pk)
    ended = booked(date(2018, 3, 28))
    Membership.objects.filter(pk=ended.membership_id).update(ends_on=date(2018, 3, 9))
    cancel_training(training_id=ended.training_id, why="Ill.", by=None, now=NOW)
    membership = Membership.objects.get(pk=ended.membership_id)
    came = "6 seats came back after the membership ended."
    yield "Seats that came back", str(membership), came, admin("memberships/membership", membership.pk)
    DemandFactory(now=NOW, spans=((date(2018, 9, 1), date(2018, 9, 20)),))
    yield "Dates that teams wait for", "Sep 2018: 6 seats", "(New York)", "/admin/trainings/demand/"


def of_lists() -> Iterator[Expected]:
    """Requests about lists, people elsewhere, names that are due, small teams, attendance, refused invitations."""
    thin = booked(date(2018, 3, 24))
    by = thin.booked_by
    assert isinstance(by, Person)
    places = name_people(thin, 4, by=by, start=100)
    Booking.objects.filter(pk=thin.pk).update(roster_closed_at=NOW - 5 * DAY)
    yield "Teams that became small", str(thin), "4 names for 6 seats; a team has at least 6.", admin("trainings/booking", thin.pk)
    Notice.objects.filter(letter="trainees.invitation", subject_id=places[0].pk).update(state="failed", error="550 no")
    refused = Notice.objects.get(letter="trainees.invitation", subject_id=places[0].pk)
    yield "Invitations that were refused", refused.to_address, "550 no", admin("common/notice", refused.pk)
    request = RosterRequest(booking=thin, rule="P7", reason="Ill.", asked_for="1 person leaves")
    exceptions.ask(request, by=PersonFactory(name="Eva"), now=NOW)
    text = f"P7: {request.subject_text()}"
    yield "Requests about lists and people", text, "Eva: 1 person leaves – Ill.", request.admin_path()
    due = booked(date(2018, 4, 5))
    accept_roster(booking_id=due.pk, people=named(5, start=200, location="Annex"), by=by, now=NOW)
    said = "5 of 6 named; the list closes on Thu 15 Mar 2018"
    yield "Names that are due", str(due), said, admin("trainings/booking", due.pk)
    away = Place.objects.active().filter(booking=due.pk).order_by("pk")[0]
    yield "People at another place than their team", str(due), f"{away.name}: Annex", admin("trainings/booking", due.pk)
    over = booked(date(2018, 3, 6)).training
    assert isinstance(over, Training)
    yield "Attendance to confirm", str(over), "The roll call is not confirmed.", f"/trainings/{over.code}/attendance/"


def of_exercises() -> Iterator[Expected]:
    """More time, work to review, late confirmations, certificates."""
    late = Team(3, confirmed_at=LATE)
    asks, waits = late.checkout(0), late.checkout(1)
    certification.ask_extension(checkout_id=asks.pk, reason="Moved.", by=asks.place.person, now=NOW)
    record = CheckoutException.objects.get()
    yield "More time asked for", f"R25: {asks}", "Moved.", record.admin_path()
    offer = "Attendance was confirmed 21 days after the training: offer as much more time?"
    yield "Confirmed late: extensions to offer", str(waits), offer, admin("certification/checkout", waits.pk)
    values = {"exercise": "discussion", "notes": "Here."}
    by, on = waits.place.person, date(2018, 2, 21)
    work = certification.hand_in(checkout_id=waits.pk, done_on=on, by=by, now=LATE + timedelta(hours=1), **values)
    name = waits.place.name
    yield "Work to review", f"{name}: Discussion session", "due by Tue 1 May 2018", f"/review/{work.pk}/"
    yield "Work that waits long for its review", name, "waits for 16 days: Discussion session", f"/review/{work.pk}/"
    old = Team(1, starts_on=date(2017, 11, 20), start=300)
    over = old.checkout()
    certification.hand_in(
        checkout_id=over.pk, done_on=date(2017, 12, 1), by=over.place.person, now=datetime(2017, 12, 2, 12, tzinfo=UTC), **values
    )
    yield "Expired, with work that waits", str(over), "19 Feb 2018", admin("certification/checkout", over.pk)
    done = Team(3, start=400)
    doubted = certify(done, 0, name="Di", now=LATE)
    Certificate.objects.filter(pk=doubted.pk).update(doubted_at=NOW)
    said = "Certified, but a pass was taken back."
    yield "Certificates in doubt", str(done.places[0]), said, admin("certification/certificate", doubted.pk)
    stuck = certify(done, 1, name="Flo", now=LATE)
    CertificateRevision.objects.filter(certificate=stuck.pk).update(error="no ink", attempts=1)
    yield "Certificates that are not drawn", "Flo", "no ink", admin("certification/certificate", stuck.pk)
    apply(done.places[2], name="Gus")
    held = done.checkout(2)
    pass_exercises(held, by=done.trainer, now=LATE)
    certification.hold_certificate(checkout_id=held.pk, until=date(2018, 4, 1), why="identity", by=StaffFactory(), now=LATE)
    yield "Complete, and not certified", str(held.place), "staff hold the certificate", admin("certification/checkout", held.pk)


def cards_of(page: str) -> dict[str, list[tuple[str, str, str]]]:
    """What each card shows: text, what is said under it, address."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for title, body in re.findall(r'<h2>([^<]+?)(?: <span class="count">\d+</span>)?</h2>(.*?)</section>', page, re.DOTALL):
        items = re.findall(r'<a href="([^"]+)">([^<]+)</a>(.*?)</li>', body, re.DOTALL)
        found[unescape(title).strip()] = [
            (unescape(text), unescape(re.sub(r"<[^>]+>", " ", more)), unescape(url)) for url, text, more in items
        ]
    return found


def test_every_card_says_what_waits_and_leads_to_where_it_is_decided() -> None:
    expected = [*of_trainings(), *of_lists(), *of_exercises(), *of_the_portal()]
    assert len({title for title, *_item in expected}) == len(desk.QUERIES.names())  # a new card needs its line here
    client = Client()
    client.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    cards = cards_of(client.get("/admin/").content.decode())
    missing = [
        (title, text, said, url, cards.get(title))
        for title, text, said, url in expected
        if not any(text == shown and said in more and url == to for shown, more, to in cards.get(title, []))
    ]
    assert missing == []
    leads = {client.get(url).status_code for _title, _text, _said, url in expected}
    assert leads == {200}
