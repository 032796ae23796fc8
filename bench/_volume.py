"""Years of a busy portal for bench/pages.py, written by the database: memberships, trainings (a tenth still to come), people, each on one roster."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.apps import apps
from django.db import connection

from bench._night import _literal, fill, members

TEAMS = 2


def generate(*, memberships: int, trainings: int, people: int, now: datetime) -> None:
    """Make it, in empty tables. The first person coordinates the first membership's organization, the last is staff."""
    today, added = _literal(now.date()), _literal(now - timedelta(days=150))
    edition = str(apps.get_model("common.editionrecord")._default_manager.order_by("pk").values_list("pk", flat=True)[0])
    bookings, organizations = trainings * TEAMS, max(memberships // 2, 1)
    each, reserved = people // bookings, people // memberships
    staff = f"g = {people}"
    members(people, organizations, added=added, name_key="'person ' || g", is_staff=staff, is_superuser=staff)
    fill(
        "memberships.membership",
        memberships,
        organization_id=f"1 + (g - 1) % {organizations}",
        level="'gold'",
        starts_on=f"{today}::date - 200",
        ends_on=f"{today}::date + 700",
        edition_id=edition,
        enforced_from_on=today + "::date",
        added_at=added,
        granted=str(reserved + 15),
        available="15",
        reserved=str(reserved),
    )
    _trainings(trainings, edition=edition, today=today, added=added)
    member = f"1 + (g - 1) % {memberships}"
    fill("memberships.reservation", bookings, membership_id=member, reserved=str(each))
    fill(
        "trainings.booking",
        bookings,
        training_id=f"1 + (g - 1) / {TEAMS}",
        membership_id=member,
        reservation_id="g",
        seats=str(each),
        site="'Library'",
        site_zone="'America/New_York'",
        booked_at=added,
        attendance_confirmed_at=f"CASE WHEN (g - 1) / {TEAMS} % 10 > 0 THEN {added}::timestamptz END",
    )
    fill(
        "trainees.place",
        people,
        booking_id=f"1 + (g - 1) / {each}",
        training_id=f"1 + (g - 1) / {each * TEAMS}",
        person_id="g",
        name="'Person ' || g",
        added_at=added,
        invite_at=added,
    )
    entry = {"at": added, "seats": str(each), "source": "'available'", "target": "'reserved'", "event": "'book'"}
    fill(
        "memberships.ledgerentry",
        bookings,
        **entry,
        membership_id=member,
        reservation_id="g",
        reason="'booked'",
        available_after="15",
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _trainings(count: int, *, edition: str, today: str, added: str) -> None:
    """Every tenth is still to come."""
    starts_on = f"({today}::date + CASE WHEN g % 10 = 1 THEN 40 + g % 400 ELSE -10 - g % 2000 END)"
    fill(
        "trainings.training",
        count,
        code="'training-' || g",
        state="CASE WHEN g % 10 = 1 THEN 'scheduled' ELSE 'held' END",
        starts_on=starts_on,
        ends_on=f"{starts_on} + 1",
        starts="'09:00'",
        ends="'17:00'",
        zone="'America/Chicago'",
        starts_at=f"({starts_on} + time '14:00') AT TIME ZONE 'UTC'",
        ends_at=f"({starts_on} + time '22:00') AT TIME ZONE 'UTC' + interval '1 day'",
        capacity="30",
        edition_id=edition,
        announced_on=f"{starts_on} - 120",
        sign_up_until=f"{starts_on} - 28",
        roster_until=f"{starts_on} - 21",
        enforced_from_on=f"{starts_on} - 120",
        added_at=added,
    )
