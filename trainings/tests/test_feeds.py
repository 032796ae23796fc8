"""Calendars to subscribe to, read by vobject (another library than writes them), its time zones by dateutil: hours, changes, addresses, 304."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from carpentries_portal.common import clock
from carpentries_portal.common.dates import known_zones
from carpentries_portal.common.models import JournalEntry, Person
from memberships.actions import remove_coordinator
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory
from memberships.models import Coordinator
from trainings import actions, feeds
from trainings.actions import UnableToOpenFeed, cancel_training, renew_feed, revoke_feed
from trainings.factories import BookingFactory, TrainingFactory
from trainings.importing import import_calendar
from trainings.models import CalendarFeed, Training
from trainings.tests.ics_reader import _lines
from trainings.vtimezone import clock_changes, vtimezone

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
CALENDAR = Path(__file__).resolve().parents[2] / "carpentries_portal/demo/data/training_calendar_2017_2026.csv"
HOST = "@localhost:8000"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    at = [NOW]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


def read(body: bytes) -> dict[str, dict[str, Any]]:
    """The events by UID. Zones come from the file alone: vobject must not know them from elsewhere, nor from a file before."""
    _lines(body)
    text = body.decode()
    for zone in known_zones():
        text = text.replace(f"TZID={zone}:", f"TZID=file-{zone}:").replace(f"TZID:{zone}\r\n", f"TZID:file-{zone}\r\n")
    vobject.icalendar.__dict__["__tzidMap"].clear()
    vobject.icalendar.registerTzid("UTC", UTC)
    calendar = vobject.readOne(text)
    assert calendar.validate(raiseException=True)
    names = [line.name for line in calendar.lines()]
    assert len(names) == len(set(names))
    assert "METHOD" not in names
    events = [
        {line.name: line.value for line in event.lines() if not line.name.startswith("X-VOBJ")}
        for event in calendar.contents.get("vevent", [])
    ]
    assert len({event["UID"] for event in events}) == len(events)
    return {event["UID"].removesuffix(HOST): event for event in events}


def test_the_public_calendar_as_another_library_reads_it(client: Client) -> None:
    training = TrainingFactory(link="https://meet.example.org/secret")
    answer = client.get("/trainings/calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"secret" not in answer.content
    for line in (
        b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n",
        b"DTSTART;TZID=America/Chicago:20180312T090000\r\n",
        b"VERSION:2.0\r\n",
    ):
        assert line in answer.content
    events = read(answer.content)
    assert list(events) == [f"training-{training.pk}-day{n}" for n in (1, 2)]
    first = events[f"training-{training.pk}-day1"]
    assert (first["DTSTART"].astimezone(UTC), first["DTEND"].astimezone(UTC)) == (
        datetime(2018, 3, 12, 14, tzinfo=UTC),
        datetime(2018, 3, 12, 22, tzinfo=UTC),
    )
    assert {name: first[name] for name in ("SUMMARY", "DESCRIPTION", "STATUS", "SEQUENCE")} == {
        "SUMMARY": "Instructor training, Chicago time, day 1 of 2",
        "DESCRIPTION": "Sign up until Mon 12 Feb 2018, end of day Chicago time.\nhttp://localhost:8000/trainings/2018-03-12-chicago/",
        "STATUS": "CONFIRMED",
        "SEQUENCE": "0",
    }
    assert first["DTSTAMP"] == JournalEntry.objects.get(what="training_announced").at


def test_what_is_cancelled_says_so_under_the_same_uid(client: Client, now: list[datetime]) -> None:
    training = TrainingFactory()
    before = read(client.get("/trainings/calendar.ics").content)
    cancel_training(training_id=training.pk, why="The trainer fell ill.", by=None, now=LATER)
    now[0] = LATER
    after = read(client.get("/trainings/calendar.ics").content)
    assert list(after) == list(before)
    for uid, event in after.items():
        assert (event["STATUS"], event["DTSTAMP"]) == ("CANCELLED", LATER)
        assert int(event["SEQUENCE"]) > int(before[uid]["SEQUENCE"])
        assert event["SUMMARY"].startswith("Cancelled: ")


def test_every_real_training_with_a_zone_keeps_its_hours() -> None:
    """331 rows of nine years: as the file's own zones read them, as our zones say, and 9:00 is 9:00 on each day."""
    import_calendar(CALENDAR.read_bytes(), by=None, now=datetime(2017, 1, 2, tzinfo=UTC))
    rows = list(Training.objects.select_related("edition").order_by("pk"))
    zoned = [row for row in rows if not any(note["code"] == "zone-unknown" for note in row.source_notes)]
    events = read(feeds.public_calendar(zoned, {}))
    days = {f"training-{row.pk}-day{n}": hours for row in zoned for n, hours in enumerate(row.hours(), start=1)}
    assert len(zoned) > 250
    assert {uid: (event["DTSTART"].astimezone(UTC), event["DTEND"].astimezone(UTC)) for uid, event in events.items()} == {
        uid: (hours.starts_at, hours.ends_at) for uid, hours in days.items()
    }
    assert {uid: event["DTSTART"].time() for uid, event in events.items()} == {uid: hours.starts for uid, hours in days.items()}


@settings(max_examples=60)
@given(zone=st.sampled_from(sorted(known_zones())), year=st.integers(2015, 2035), data=st.data())
def test_a_zone_written_and_read_again_is_the_same_clock(zone: str, year: int, data: st.DataObject) -> None:
    """Read by dateutil, at any hour of any day and around each change; not within the hour that a change repeats or leaves out."""
    changes = [
        after for _before, after in clock_changes(zone, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
    ]
    hours = st.integers(0, 365 * 24 - 1).map(lambda n: datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n))
    at = data.draw(hours | (st.sampled_from(changes) if changes else hours))
    near = [abs((at - change).total_seconds()) for change in changes]
    if any(distance < 4 * 3600 for distance in near):
        at += timedelta(hours=4)
    written = vtimezone(zone, year, year + 1).to_ical().decode()
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    read_zone = tzical(io.StringIO(written)).get()
    assert wall.replace(tzinfo=read_zone).utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset()


def test_clock_changes_are_exact_to_the_second() -> None:
    found = list(clock_changes("America/Chicago", datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)))
    assert [after.astimezone(UTC) for _before, after in found] == [
        datetime(2018, 3, 11, 8, tzinfo=UTC),
        datetime(2018, 11, 4, 7, tzinfo=UTC),
    ]
    assert b"DTSTART:20180311T020000\r\nTZNAME:CDT\r\nTZOFFSETFROM:-0600" in vtimezone("America/Chicago", 2018, 2018).to_ical()


def test_filters_hold_in_the_calendar_and_wrong_ones_are_said(client: Client) -> None:
    TrainingFactory()
    paris = TrainingFactory(starts_on=date(2018, 5, 14), zone="Europe/Paris", starts=time(9), ends=time(17))
    path = "/trainings/calendar.ics?suits=on&zone=Europe/Paris&month=2018-05&open=on&seats=6"
    assert list(read(client.get(path).content)) == [f"training-{paris.pk}-day{n}" for n in (1, 2)]
    answer = client.get("/trainings/calendar.ics?month=2018-13&seats=x&zone=%00")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.text.splitlines()[1:] == ["month: Write a month as 2018-03.", "seats: Write a number from 1 to 500."]
    assert read(client.get("/trainings/calendar.ics?month=2019-01").content) == {}


def test_who_has_it_already_gets_304_until_something_changes(client: Client, now: list[datetime]) -> None:
    training = TrainingFactory(now=NOW)
    first = client.get("/trainings/calendar.ics")
    tag, at = first["ETag"], first["Last-Modified"]
    assert at == "Wed, 10 Jan 2018 12:00:00 GMT"
    now[0] = NOW + timedelta(hours=6)
    assert client.get("/trainings/calendar.ics").content == first.content
    for headers in ({"HTTP_IF_NONE_MATCH": tag}, {"HTTP_IF_MODIFIED_SINCE": at}):
        known = client.get("/trainings/calendar.ics", **headers)
        assert (known.status_code, known.content, known["ETag"]) == (304, b"", tag)
    BookingFactory(training=training, now=LATER)
    assert client.get("/trainings/calendar.ics", HTTP_IF_NONE_MATCH=tag).status_code == 304
    cancel_training(training_id=training.pk, why="ill", by=None, now=LATER)
    for headers in ({"HTTP_IF_NONE_MATCH": tag}, {"HTTP_IF_MODIFIED_SINCE": at}):
        assert client.get("/trainings/calendar.ics", **headers).status_code == 200


# a coordinator's own


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(email="dana@example.org")


def path_of(person: Person) -> str:
    return f"/calendar/{feeds.token_of(renew_feed(person=person, now=NOW))}.ics"


def test_a_coordinators_own_calendar_has_their_trainings_and_dates_and_nobody_elses(client: Client, dana: Coordinator) -> None:
    membership = MembershipFactory(organization=dana.organization)
    booking = BookingFactory(
        training=TrainingFactory(link="https://meet.example.org/secret"), membership=membership, by=dana.person
    )
    BookingFactory(training=booking.training)
    answer = client.get(path_of(dana.person))
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("private, no-cache", "noindex")
    assert b"secret" not in answer.content
    events = read(answer.content)
    name = dana.organization.name
    assert {uid: (event["DTSTART"], event["SUMMARY"]) for uid, event in events.items() if "-day" not in uid} == {
        f"booking-{booking.pk}-p3": (date(2018, 2, 12), f"{name}: Last day to change the number of seats (P3)"),
        f"booking-{booking.pk}-r16": (date(2018, 2, 19), f"{name}: Names and e-mails of all 9 (R16)"),
        f"booking-{booking.pk}-r24": (date(2018, 2, 26), f"{name}: Link to test the room (R24)"),
        f"booking-{booking.pk}-r18": (date(2018, 3, 5), f"{name}: Letter with hours, room and reading (R18)"),
        f"booking-{booking.pk}-r25": (date(2018, 6, 11), f"{name}: Last day for exercises (R25)"),
        f"membership-{membership.pk}-end": (date(2018, 12, 31), f"{name}: last day of the membership, 6 seats left"),
    }
    names = events[f"booking-{booking.pk}-r16"]
    assert (names["DTEND"], names["TRANSP"]) == (date(2018, 2, 20), "TRANSPARENT")
    assert names["DESCRIPTION"].startswith("The whole day, Chicago time.\n")
    day = events[f"booking-{booking.pk}-day2"]
    assert (day["SUMMARY"], day["LOCATION"], day["DTSTART"].astimezone(UTC)) == (
        f"{name}: training, 9 seats, Chicago time, day 2 of 2",
        "Science Library, 136",
        datetime(2018, 3, 13, 14, tzinfo=UTC),
    )


def test_a_booking_that_ends_is_cancelled_in_the_calendar_with_the_number_of_its_letter(client: Client, dana: Coordinator) -> None:
    membership = MembershipFactory(organization=dana.organization)
    booking = BookingFactory(membership=membership, by=dana.person)
    path = path_of(dana.person)
    before, tag = read(client.get(path).content), client.get(path)["ETag"]
    assert client.get(path, HTTP_IF_NONE_MATCH=tag).status_code == 304
    actions.cancel_booking(booking_id=booking.pk, why="", by=dana.person, now=LATER)
    answer = client.get(path, HTTP_IF_NONE_MATCH=tag)
    assert answer.status_code == 200
    uid = f"booking-{booking.pk}-day1"
    after = read(answer.content)[uid]
    made, ended = (JournalEntry.objects.get(what=what).pk for what in ("booking_made", "booking_cancelled"))
    assert (before[uid]["SEQUENCE"], after["SEQUENCE"], after["STATUS"]) == (str(made), str(ended), "CANCELLED")
    assert after["SUMMARY"] == f"Cancelled: {dana.organization.name}: training, 9 seats, Chicago time, day 1 of 2"


def test_an_address_opens_until_it_is_renewed_or_closed_and_nothing_like_it_does(client: Client, dana: Coordinator) -> None:
    first = path_of(dana.person)
    assert client.get(first).status_code == 200
    second = path_of(dana.person)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    feed = CalendarFeed.objects.get()
    for wrong in (f"{feed.pk}.{feed.number}", f"{feed.pk}.{feed.number}~", second[10:-5], "x", "~", "%00", "é"):
        assert client.get(f"/calendar/{wrong}.ics").status_code == 404
    revoke_feed(person=dana.person, now=NOW)
    revoke_feed(person=dana.person, now=NOW)
    assert client.get(second).status_code == 404
    third = path_of(dana.person)
    assert (client.get(second).status_code, client.get(third).status_code) == (404, 200)
    assert list(JournalEntry.objects.filter(what__startswith="feed").order_by("pk").values_list("what", flat=True)) == [
        "feed_renewed",
        "feed_renewed",
        "feed_revoked",
        "feed_renewed",
    ]
    assert first.split("/")[2][:-4] not in str(list(CalendarFeed.objects.values()))


def test_who_coordinates_no_more_reads_nothing_and_who_may_not_log_in_neither(client: Client, dana: Coordinator) -> None:
    BookingFactory(membership=MembershipFactory(organization=dana.organization), by=dana.person)
    other = CoordinatorFactory(organization=dana.organization)
    path = path_of(dana.person)
    assert read(client.get(path).content)
    remove_coordinator(coordinator=dana, by=other.person, now=NOW)
    assert read(client.get(path).content) == {}
    Person.objects.filter(pk=dana.person_id).update(is_active=False)
    assert client.get(path).status_code == 404
    with pytest.raises(UnableToOpenFeed, match="You coordinate no organization"):
        renew_feed(person=PersonFactory(), now=NOW)


def test_the_page_makes_renews_and_closes_the_address(client: Client, dana: Coordinator) -> None:
    page = client.get("/trainings/subscribe/?month=2018-05&suits=on&zone=Europe/Paris&within=year-1&seats=x").text
    assert 'value="http://localhost:8000/trainings/calendar.ics?month=2018-05&amp;suits=on&amp;zone=Europe%2FParis"' in page
    assert 'href="webcal://localhost:8000/trainings/calendar.ics?' in page
    assert "own-address" not in page
    assert client.post("/trainings/subscribe/", {"do": "renew"})["Location"].startswith("/account/login/")
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")
    assert "Make an address for my calendar" in client.get("/trainings/subscribe/").text
    seen = []
    for _n in range(2):
        page = client.post("/trainings/subscribe/", {"do": "renew"}, follow=True).text
        (address,) = {word for word in page.split('"') if word.startswith("http://localhost:8000/calendar/")}
        assert client.get(address.removeprefix("http://localhost:8000")).status_code == 200
        seen.append(address)
    assert seen[0] != seen[1]
    assert client.get(seen[0].removeprefix("http://localhost:8000")).status_code == 404
    assert "own-address" not in client.post("/trainings/subscribe/", {"do": "revoke"}, follow=True).text
    somebody = Client()
    somebody.force_login(PersonFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    assert "You coordinate no organization" in somebody.post("/trainings/subscribe/", {"do": "renew"}, follow=True).text
