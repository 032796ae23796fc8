"""L2, L7 and L13 as people get them: each letter read whole, its links followed, its calendar file opened."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from carpentries_portal.common import exceptions
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import delivery
from memberships.actions import remove_coordinator
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainings import emails
from trainings.actions import ask_exception, cancel_booking, cancel_training, change_seats
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Training, TrainingException
from trainings.tests.ics_reader import read_ics

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock(settings: Any, tmp_path: Path) -> None:
    """Links are followed at the letters' time."""
    (tmp_path / "clock").write_text((EPOCH + DAY).isoformat())
    settings.PORTAL_CLOCK_FILE = str(tmp_path / "clock")


@pytest.fixture
def dana() -> Coordinator:
    organization = OrganizationFactory(name="University of Florida", zone="America/New_York")
    return CoordinatorFactory(organization=organization, name="Dana Whitfield", email="dana@example.org")


@pytest.fixture
def gold(dana: Coordinator) -> Membership:
    """15 seats; the welcome is not what these tests are about."""
    membership = MembershipFactory(organization=dana.organization)
    Notice.objects.all().delete()
    return membership


def _delivered(now: datetime = EPOCH) -> list[EmailMultiAlternatives]:
    mail.outbox.clear()
    delivery.deliver_due(now=now)
    assert not Notice.objects.filter(state="failed").values_list("letter", "error")
    return list(mail.outbox)


def _text(letter: EmailMultiAlternatives) -> str:
    return re.sub(r"/enter/[\w-]{43}/", "/enter/TOKEN/", str(letter.body))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _html_as_text(letter: EmailMultiAlternatives) -> str:
    html = str(letter.alternatives[0][0])
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")


def _follow(letter: EmailMultiAlternatives) -> str:
    """Press the button behind the letter's personal link; the page that it leads to is there for this person."""
    path = re.findall(r"http://localhost:8000(/enter/[\w-]{43}/)", str(letter.body))[0]
    assert path in str(letter.alternatives[0][0])
    client = Client()
    assert client.get(path).status_code == 200
    answer = client.post(path)
    assert client.get(answer["Location"]).status_code == 200
    return str(answer["Location"])


def _calendar(letter: EmailMultiAlternatives) -> Any:
    (attachment,) = letter.attachments
    name, body, kind = attachment
    calendar = read_ics(body if isinstance(body, bytes) else body.encode())
    assert kind == f"text/calendar; method={calendar.properties['METHOD']}; charset=utf-8"
    assert str(name).endswith(".ics")
    return calendar


# --- L2 ------------------------------------------------------------------------------------------------------------------


def test_booking_confirmed_whole(dana: Coordinator, gold: Membership) -> None:
    booking = BookingFactory(membership=gold, seats=10, by=dana.person)
    (letter,) = _delivered()
    assert letter.to == ["dana@example.org"]
    assert letter.subject == "10 seats booked: training of 12–13 Mar 2018, Chicago time"
    assert _text(letter) == (
        """\
10 seats are yours. Next: tell us who comes.
Names and e-mails until Mon 19 Feb 2018, end of day Chicago time (in 48 days); for you until Tue 20 Feb 2018, 0:59 New York time.

Open the booking:
http://localhost:8000/enter/TOKEN/

Hello Dana,

University of Florida takes part in this training:
  - Mon 12 Mar 2018, 9:00-17:00 Chicago time; for you 10:00-18:00 New York time
  - Tue 13 Mar 2018, 9:00-17:00 Chicago time; for you 10:00-18:00 New York time

Your team sits together at Science Library, room 136. The dates are in the attached calendar file.

GOOD TO KNOW
  - This leaves 5 seats, fewer than a team of 6: they could then only be used by enlarging this booking, until Mon 12 Feb 2018, end of day Chicago time. (rule R11)

WHAT COMES NEXT
  - We need a name and an e-mail for each seat by the date above. A seat without a name on that day is forfeited (rules R16, P6).
  - You can add seats, give some back or cancel without losing any, until Mon 12 Feb 2018, end of day Chicago time (in 41 days); for you until Tue 13 Feb 2018, 0:59 New York time (rule P4).

5 seats of your membership are left to book, until Mon 31 Dec 2018, end of day New York time (in 363 days).

--
Questions? Just reply. It goes to instructor.training@example.org.
Instructor training, for members of The Carpentries
"""
    )
    assert _follow(letter) == f"/bookings/{booking.pk}/"
    assert [event["STATUS"] for event in _calendar(letter).events] == ["CONFIRMED", "CONFIRMED"]


def test_booking_confirmed_html_says_the_same(dana: Coordinator, gold: Membership) -> None:
    BookingFactory(membership=gold, seats=10, by=dana.person)
    (letter,) = _delivered()
    ignored = {"http", "localhost", "8000", "enter", "rules", "GOOD", "TO", "KNOW", "WHAT", "COMES", "NEXT"}
    plain = re.sub(r"/enter/[\w-]{43}/", "", str(letter.body))
    assert _words(plain) - ignored - _words(_html_as_text(letter)) == set()
    assert 'href="http://localhost:8000/partners/#rule-R11"' in str(letter.alternatives[0][0])


def test_booking_confirmed_to_each_coordinator_of_today(dana: Coordinator, gold: Membership) -> None:
    gone = CoordinatorFactory(organization=dana.organization, email="gone@example.org")
    CoordinatorFactory(organization=dana.organization, email="ben@example.org")
    CoordinatorFactory(email="stranger@example.org")
    remove_coordinator(coordinator=gone, by=PersonFactory(), now=EPOCH)
    Notice.objects.all().delete()
    BookingFactory(membership=gold, by=dana.person)
    assert [letter.to for letter in _delivered()] == [["dana@example.org"], ["ben@example.org"]]


def test_booking_confirmed_is_in_the_zone_of_the_site(dana: Coordinator, gold: Membership) -> None:
    """12 March 2018, 9:00-17:00 Chicago time, is 15:00-23:00 in Paris: Europe has not changed its clocks yet."""
    BookingFactory(membership=gold, by=dana.person, site_zone="Europe/Paris")
    (letter,) = _delivered()
    assert "Mon 12 Mar 2018, 9:00-17:00 Chicago time; for you 15:00-23:00 Paris time" in _text(letter)


def test_booking_confirmed_far_east_names_the_day_that_differs(dana: Coordinator, gold: Membership) -> None:
    training = TrainingFactory(zone="Pacific/Auckland", starts=time(9), ends=time(17))
    BookingFactory(training=training, membership=gold, by=dana.person)
    (letter,) = _delivered()
    days = "Mon 12 Mar 2018, 9:00-17:00 Auckland time; for you 16:00-0:00 New York time, from Sun 11 Mar 2018, the day before"
    assert days in _text(letter)


def test_booking_changed(dana: Coordinator, gold: Membership) -> None:
    booking = BookingFactory(membership=gold, by=dana.person)
    (first,) = _delivered()
    change_seats(booking_id=booking.pk, seats=12, by=dana.person, now=EPOCH + DAY)
    (letter,) = _delivered(EPOCH + DAY)
    assert letter.subject == "Booking changed to 12 seats: training of 12–13 Mar 2018, Chicago time"
    assert _text(letter).startswith("Your booking now has 12 seats.\nNames and e-mails until Mon 19 Feb 2018")
    assert "3 more seats.\n" in _text(letter)
    assert "3 seats of your membership are left to book" in _text(letter)
    before, after = _calendar(first).events, _calendar(letter).events
    assert [event["UID"] for event in before] == [event["UID"] for event in after]
    assert int(after[0]["SEQUENCE"]) > int(before[0]["SEQUENCE"])
    assert _follow(letter) == f"/bookings/{booking.pk}/"


def test_booking_cancelled_says_where_the_seats_went(dana: Coordinator, gold: Membership) -> None:
    booking = BookingFactory(membership=gold, by=dana.person)
    _delivered()
    cancel_booking(booking_id=booking.pk, why="", by=dana.person, now=EPOCH + DAY)
    (letter,) = _delivered(EPOCH + DAY)
    assert letter.subject == "Booking of 9 seats cancelled: training of 12–13 Mar 2018, Chicago time"
    text = _text(letter)
    assert "9 seats go back to your membership: leaving is free until Mon 12 Feb 2018, end of day Chicago time. (rule P4)" in text
    assert "15 seats of your membership are left to book" in text
    assert _calendar(letter).properties["METHOD"] == "CANCEL"
    assert _follow(letter) == f"/bookings/{booking.pk}/"


# --- L7 ------------------------------------------------------------------------------------------------------------------


def test_training_cancelled_whole(dana: Coordinator, gold: Membership) -> None:
    training = TrainingFactory()
    fits = TrainingFactory(starts_on=date(2018, 4, 16), zone="America/New_York")
    TrainingFactory(starts_on=date(2018, 4, 23), zone="Pacific/Auckland")  # nobody's hours
    TrainingFactory(starts_on=date(2018, 1, 22))  # too late to sign up
    BookingFactory(training=training, membership=gold, by=dana.person)
    _delivered()
    cancel_training(training_id=training.pk, why="Both trainers fell ill.", by=None, now=EPOCH + DAY)
    (letter,) = _delivered(EPOCH + DAY)
    assert letter.subject == "Cancelled: training of 12–13 Mar 2018, Chicago time"
    assert _text(letter) == (
        f"""\
Your training is cancelled. Choose another date for your 9 seats.

See your membership:
http://localhost:8000/enter/TOKEN/

Hello Dana,

This training of University of Florida does not take place:
  - Mon 12 Mar 2018, 9:00-17:00 Chicago time; for you 10:00-18:00 New York time
  - Tue 13 Mar 2018, 9:00-17:00 Chicago time; for you 10:00-18:00 New York time

WHY
Both trainers fell ill.

YOUR SEATS
All 9 seats come back, whatever the date (rule P5).
15 seats of your membership are left to book, until Mon 31 Dec 2018, end of day New York time (in 362 days).

OTHER DATES THAT FIT
  - 16–17 Apr 2018: Mon 16 Apr 2018, 9:00-17:00 New York time
    30 seats are free. Sign up until Mon 19 Mar 2018, end of day New York time (in 75 days)
    http://localhost:8000/trainings/{fits.code}/book/?membership={gold.pk}&seats=9

The attached calendar file takes the days out of your calendar.

--
Questions? Just reply. It goes to instructor.training@example.org.
Instructor training, for members of The Carpentries
"""
    )
    assert _calendar(letter).properties["METHOD"] == "CANCEL"
    assert _follow(letter) == f"/memberships/{gold.pk}/"


def test_training_cancelled_offer_can_be_booked_from_the_letter(dana: Coordinator, gold: Membership) -> None:
    training = TrainingFactory()
    TrainingFactory(starts_on=date(2018, 4, 16))
    BookingFactory(training=training, membership=gold, by=dana.person)
    _delivered()
    cancel_training(training_id=training.pk, why="Ill.", by=None, now=EPOCH + DAY)
    (letter,) = _delivered(EPOCH + DAY)
    url = re.findall(r"http://localhost:8000(/trainings/\S+/book/\S+)", str(letter.body))[0]
    client = Client()
    assert client.get(url).status_code == 302  # to the login
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")
    page = client.get(url)
    assert page.status_code == 200
    assert 'value="9"' in page.text


def test_training_cancelled_with_nothing_that_fits_asks_for_dates(dana: Coordinator, gold: Membership) -> None:
    training = TrainingFactory()
    BookingFactory(training=training, membership=gold, by=dana.person)
    _delivered()
    cancel_training(training_id=training.pk, why="Ill.", by=None, now=EPOCH + DAY)
    (letter,) = _delivered(EPOCH + DAY)
    assert _text(letter).startswith("Your training is cancelled. Your 9 seats come back.")
    assert "No other date on the calendar fits your team yet. Reply to this letter and tell us what would suit you." in _text(
        letter
    )


def test_training_cancelled_after_the_membership_ended_says_that_staff_decide(dana: Coordinator, gold: Membership) -> None:
    training = TrainingFactory(starts_on=date(2018, 12, 31))
    BookingFactory(training=training, membership=gold, by=dana.person)
    _delivered()
    Training.objects.update(starts_at=datetime(2019, 3, 1, tzinfo=UTC), ends_at=datetime(2019, 3, 2, tzinfo=UTC))
    now = datetime(2019, 1, 2, 12, 0, tzinfo=UTC)
    cancel_training(training_id=training.pk, why="Ill.", by=None, now=now)
    (letter,) = _delivered(now)
    assert "Your membership has ended. Seats that came back wait for staff, who decide about them." in _text(letter)
    assert "No other date" not in _text(letter)


def test_training_cancelled_tells_the_trainers(dana: Coordinator) -> None:
    training = TrainingFactory(trainers=[TrainerFactory(name="Nora Weiss", email="nora@example.org")])
    cancel_training(training_id=training.pk, why="No member had signed up.", by=None, now=EPOCH, rule="R7")
    (letter,) = _delivered()
    assert letter.to == ["nora@example.org"]
    assert _text(letter) == (
        """\
You need not keep these days free: the training is cancelled.

See the training:
http://localhost:8000/enter/TOKEN/

Hello Nora,

This training, at which you were to teach, does not take place:
  - Mon 12 Mar 2018, 9:00-17:00 Chicago time
  - Tue 13 Mar 2018, 9:00-17:00 Chicago time

WHY
No member had signed up.

The teams that were booked have been told. There is nothing for you to do; the attached calendar file takes the days out of your calendar.

--
Questions? Just reply. It goes to instructor.training@example.org.
Instructor training, for members of The Carpentries
"""
    )
    assert _follow(letter) == f"/trainings/{training.code}/"
    assert _calendar(letter).properties["METHOD"] == "CANCEL"


def test_training_at_risk_goes_to_the_desk_once_and_not_after_a_cancellation() -> None:
    training = TrainingFactory()
    for _time in range(2):
        emails.training_at_risk(training, now=EPOCH, sentence="At risk: nobody is booked.", cut_off=training.sign_up)
    (letter,) = _delivered()
    assert letter.to == ["staff@example.org"]
    assert letter.subject == "Nobody has booked: training of 12–13 Mar 2018, Chicago time"
    assert f"http://localhost:8000/admin/trainings/training/{training.pk}/change/" in _text(letter)
    assert "At risk: nobody is booked. (rule R7)" in _text(letter)
    other = TrainingFactory(starts_on=date(2018, 3, 14))
    emails.training_at_risk(other, now=EPOCH, sentence="At risk: nobody is booked.", cut_off=other.sign_up)
    cancel_training(training_id=other.pk, why="Nobody came.", by=None, now=EPOCH)
    assert _delivered() == []


# --- L13 -----------------------------------------------------------------------------------------------------------------


def _ask(dana: Coordinator, gold: Membership) -> TrainingException:
    training = TrainingFactory(starts_on=date(2018, 1, 22))
    reason = "The contract was signed late.\nThe room & the <people> are ready."
    return ask_exception(training=training, membership=gold, rule="R6", reason=reason, by=dana.person, now=EPOCH, seats=9)


def test_exception_asked_tells_who_asked_and_the_desk(dana: Coordinator, gold: Membership) -> None:
    record = _ask(dana, gold)
    received, to_decide = _delivered()
    assert received.to == ["dana@example.org"]
    assert received.subject == "We have your request about rule R6: University of Florida at 22–23 Jan 2018, Chicago"
    text = _text(received)
    assert "You asked for an exception for University of Florida at 22–23 Jan 2018, Chicago (rule R6): 9 seats." in text
    assert "Your reason: The contract was signed late.\nThe room & the <people> are ready." in text
    assert "Staff decide, case by case, and you get a letter with the answer." in text
    assert "<people>" not in str(received.alternatives[0][0])
    assert _follow(received) == record.page()
    assert to_decide.to == ["staff@example.org"]
    assert to_decide.subject == "To decide: exception to rule R6, University of Florida at 22–23 Jan 2018, Chicago"
    assert _text(to_decide).startswith("Dana Whitfield asks for an exception: please decide.")
    assert f"http://localhost:8000/admin/trainings/trainingexception/{record.pk}/change/" in _text(to_decide)


def test_exception_approved_says_until_when_in_both_zones(dana: Coordinator, gold: Membership) -> None:
    record = _ask(dana, gold)
    _delivered()
    until = datetime(2018, 1, 9, 6, 0, tzinfo=UTC)  # the end of 8 January, Chicago time
    exceptions.approve(record, by=StaffFactory(), now=EPOCH, until=until, note="Fine, this once.")
    (letter,) = _delivered()
    assert letter.subject == "Approved: your request about rule R6, University of Florida at 22–23 Jan 2018, Chicago"
    text = _text(letter)
    assert text.startswith(
        "Your request is approved: please use it in time.\nIt holds until Mon 8 Jan 2018, end of day Chicago time (in 6 days)"
    )
    assert "for you until Tue 9 Jan 2018, 0:59 New York time" in text
    assert "What staff say: Fine, this once." in text
    assert "It is for 9 seats. It can be used once. No seat is kept for you until you do." in text
    assert _follow(letter) == record.page()


def test_exception_approved_to_an_hour_says_the_hour(dana: Coordinator, gold: Membership) -> None:
    record = _ask(dana, gold)
    _delivered()
    exceptions.approve(record, by=StaffFactory(), now=EPOCH, until=datetime(2018, 1, 9, 18, 0, tzinfo=UTC))
    (letter,) = _delivered()
    assert "It holds until Tue 9 Jan 2018, 12:00 Chicago time; for you Tue 9 Jan 2018, 13:00 (New York time)." in _text(letter)


def test_exception_declined_says_why_and_the_way_out(dana: Coordinator, gold: Membership) -> None:
    record = _ask(dana, gold)
    _delivered()
    exceptions.decline(record, by=StaffFactory(), now=EPOCH, note="The trainers are on leave.")
    (letter,) = _delivered()
    assert letter.subject.startswith("Declined: your request about rule R6")
    text = _text(letter)
    assert text.startswith("We cannot grant your request.\n")
    assert "What staff say: The trainers are on leave." in text
    assert "If something has changed, or you see it otherwise, reply to this letter." in text
