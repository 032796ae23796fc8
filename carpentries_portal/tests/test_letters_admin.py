"""Staff and letters: read before they leave and after, sent again, taken back, tried; each by who may, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import again, delivery, queue
from carpentries_portal.common.notices.registry import CATALOGUE
from carpentries_portal.tests.test_admin import BACKEND, button, send, token
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainings import actions
from trainings.factories import BookingFactory
from trainings.models import Booking

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def staff() -> Person:
    return StaffFactory(name="Ines Moreau", email="ines.moreau@example.org")


@pytest.fixture
def desk(staff: Person) -> Client:
    client = Client()
    client.force_login(staff, backend=BACKEND)
    return client


@pytest.fixture
def booking() -> Booking:
    """Of a team whose coordinator was welcomed long ago."""
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    Notice.objects.all().delete()
    return BookingFactory(membership=membership, seats=9)


@pytest.fixture
def confirmed(booking: Booking) -> Notice:
    return Notice.objects.get(letter="trainings.booking_confirmed")


def page(client: Client, notice: Notice) -> str:
    return client.get(f"/admin/common/notice/{notice.pk}/change/").content.decode()


def test_the_catalogue_has_every_letter_with_whom_and_when(desk: Client, confirmed: Notice) -> None:
    answer = desk.get("/admin/common/notice/catalogue/")
    kinds = {kind.name: kind for kind in answer.context["kinds"]}
    assert set(kinds) == set(CATALOGUE.letters)
    assert [name for name, kind in kinds.items() if not kind.to or not kind.when] == []
    assert (kinds["trainings.booking_confirmed"].waiting, kinds["trainings.booking_confirmed"].newest) == (1, confirmed.pk)
    codes = [kind.code for kind in answer.context["kinds"] if kind.code.startswith("L")]
    assert codes == sorted(codes, key=lambda code: int(code[1:]))


def test_a_waiting_letter_is_read_as_it_would_leave_and_a_sent_one_as_it_left(desk: Client, confirmed: Notice) -> None:
    waiting = page(desk, confirmed)
    assert [word for word in ("As it would leave now", "9 seats", "[personal link]", ".ics") if word not in waiting] == []
    delivery.deliver_due(now=NOW)
    confirmed.refresh_from_db()
    left = page(desk, confirmed)
    assert [word in left for word in ("As it left", confirmed.subject_line, "/enter/")] == [True, True, False]


def test_its_html_stands_in_a_sandbox(desk: Client, confirmed: Notice) -> None:
    answer = desk.get(f"/admin/common/notice/{confirmed.pk}/html/")
    assert "<h1" in answer.content.decode()
    assert set(answer["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "sandbox allow-top-navigation-by-user-activation",
    }


def test_a_letter_that_cannot_be_made_says_why_to_staff_and_leaves_later_when_it_can(desk: Client, confirmed: Notice) -> None:
    context = confirmed.context
    Notice.objects.filter(pk=confirmed.pk).update(context={})
    assert "It cannot be made. KeyError" in page(desk, confirmed)
    assert "It cannot be made. KeyError" in desk.get(f"/admin/common/notice/{confirmed.pk}/html/").content.decode()
    delivery.deliver_due(now=NOW)
    confirmed.refresh_from_db()
    assert (confirmed.state, mail.outbox) == (NoticeState.FAILED, [])
    Notice.objects.filter(pk=confirmed.pk).update(context=context)
    assert send(desk, button(confirmed, "again"))[0]
    delivery.deliver_due(now=NOW)
    assert [message.to for message in mail.outbox] == [[confirmed.to_address]]


def test_sent_again_it_says_what_is_true_now_with_a_fresh_link_and_both_stand_in_the_log(
    desk: Client, staff: Person, booking: Booking, confirmed: Notice
) -> None:
    delivery.deliver_due(now=NOW)
    person = confirmed.to_person
    assert person is not None
    Person.objects.filter(pk=person.pk).update(email="new.address@example.org", email_key="new.address@example.org")
    mail.outbox.clear()
    assert send(desk, button(confirmed, "again"))[0]
    delivery.deliver_due(now=LATER)
    (message,) = mail.outbox
    assert message.to == ["new.address@example.org"]
    assert "/enter/" in str(message.body)
    entry = JournalEntry.objects.get(what="letter_sent_again")
    assert (entry.by, entry.why) == (staff, "Sent again by hand: letter L2.")
    once = token(desk.get(button(confirmed, "again")).content.decode())
    for _click in range(2):
        desk.post(button(confirmed, "again"), {"once": once})
    assert Notice.objects.filter(letter=confirmed.letter).count() == 3  # two clicks on one form are one letter


def test_sent_again_what_is_true_no_longer_does_not_leave(desk: Client, booking: Booking, confirmed: Notice) -> None:
    delivery.deliver_due(now=NOW)
    actions.cancel_booking(booking_id=booking.pk, by=None, why="The room burnt down.", now=NOW)
    Notice.objects.filter(state=NoticeState.QUEUED).delete()
    mail.outbox.clear()
    assert send(desk, button(confirmed, "again"))[0]
    delivery.deliver_due(now=LATER)
    fresh = Notice.objects.order_by("-pk")[0]
    assert (fresh.state, mail.outbox) == (NoticeState.CANCELLED, [])
    assert "It would not leave any more" in page(desk, fresh)


def test_a_test_goes_to_who_asks_marked_and_without_anybodys_link(desk: Client, staff: Person, confirmed: Notice) -> None:
    delivery.deliver_due(now=NOW)
    original = mail.outbox[0]
    mail.outbox.clear()
    assert send(desk, button(confirmed, "test"))[0]
    delivery.deliver_due(now=LATER)
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([staff.email], f"Test: {original.subject}")
    assert "/enter/" not in str(message.body)
    assert [line for line in str(message.body).splitlines() if not line.startswith("http")] == [
        line for line in str(original.body).splitlines() if not line.startswith("http")
    ]
    with pytest.raises(again.UnableToSendAgain):
        again.send_again(notice_id=Notice.objects.order_by("-pk")[0].pk, by=staff, now=LATER)


def test_taken_back_it_does_not_leave_and_the_log_says_why(desk: Client, confirmed: Notice) -> None:
    assert not send(desk, button(confirmed, "back"), why="")[0]
    assert send(desk, button(confirmed, "back"), why="Written to by hand.")[0]
    delivery.deliver_due(now=LATER)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.error, mail.outbox) == (NoticeState.CANCELLED, "Written to by hand.", [])
    assert JournalEntry.objects.get(what="letter_taken_back").why == "Taken back before it left: Written to by hand."


def test_a_code_to_log_in_is_never_sent_again(staff: Person) -> None:
    code = queue(letter="common.login_code", to=staff, occasion="login:1", context={"code": "ABC123"}, now=NOW)
    assert code is not None
    delivery.deliver_due(now=NOW)
    for act in (again.send_again, again.send_test):
        with pytest.raises(again.UnableToSendAgain):
            act(notice_id=code.pk, by=staff, now=LATER)


def test_the_log_of_one_person_and_of_one_subject(desk: Client, booking: Booking, confirmed: Notice) -> None:
    other = BookingFactory(seats=6)
    mine = desk.get(f"/admin/common/notice/?subject_label=trainings.booking&subject_id={booking.pk}").context["cl"].result_list
    assert [(row.subject_label, row.subject_id) for row in mine] == [("trainings.booking", booking.pk)]
    assert confirmed.to_person_id is not None
    person = desk.get(f"/admin/common/notice/?to_person={confirmed.to_person_id}").context["cl"].result_list
    assert {row.to_person_id for row in person} == {confirmed.to_person_id}
    assert other.pk != booking.pk


def test_who_may_only_look_sees_the_letters_and_sends_none(confirmed: Notice) -> None:
    looker = StaffFactory(is_superuser=False)
    looker.user_permissions.add(Permission.objects.get(codename="view_notice"))
    client = Client()
    client.force_login(looker, backend=BACKEND)
    assert "As it would leave now" in page(client, confirmed)
    assert "/do/" not in page(client, confirmed)
    assert client.get(button(confirmed, "test")).status_code == 403
    assert client.post(button(confirmed, "back"), {"why": "x"}).status_code == 403
    stranger = Client()
    stranger.force_login(StaffFactory(is_superuser=False), backend=BACKEND)
    assert stranger.get("/admin/common/notice/catalogue/").status_code == 403
    assert stranger.get(f"/admin/common/notice/{confirmed.pk}/html/").status_code in {403, 404}
    confirmed.refresh_from_db()
    assert (confirmed.state, Notice.objects.count()) == (NoticeState.QUEUED, 1)
