"""A made-up world for bench/enforce.py, written by the database itself: so many trainings, two teams of six each, five names a team.

Of the trainings `due` have a roster that closed yesterday with a name missing (the run's work), as many more look the same but are not due (the
yardstick's work); the others lie in the past or far ahead. Ledger and counters are those that booking would have left.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection

from carpentries_portal.common.dates import add_months

TODAY = date(2026, 6, 1)
NIGHT = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
TEAMS, SEATS, NAMES = 2, 6, 5


def _literal(value: Any) -> str:
    with connection.cursor() as cursor:
        return str(cursor.mogrify("%s", [value]).decode())


def fill(label: str, count: int, *, only: str = "TRUE", **columns: str) -> None:
    """Rows 1 to `count` of a table, or those `only`; `columns` are SQL over `g`, the row's number. What is not named gets the field's default."""
    model = apps.get_model(label)
    values = {}
    for field in model._meta.concrete_fields:
        if field.attname in columns:
            values[field.column] = columns[field.attname]
        elif field.attname == "id":
            values[field.column] = "g"
        elif field.null:
            values[field.column] = "NULL"
        else:
            values[field.column] = _literal(field.get_db_prep_save(field.get_default(), connection))
    names, exprs = ", ".join(f'"{name}"' for name in values), ", ".join(values.values())
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {exprs} FROM generate_series(1, {count}) g WHERE {only}'
        )  # our own words
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {count})")  # as above


def members(people: int, organizations: int, *, added: str, **of_people: str) -> None:
    """People, and organizations that the first of them coordinate, one each; `of_people`: more columns of theirs."""
    address = "'person' || g || '@example.org'"
    fill("common.person", people, email=address, email_key=address, name="'Person ' || g", added_at=added, **of_people)
    fill(
        "memberships.organization",
        organizations,
        name="'University ' || g",
        name_key="'university ' || g",
        zone="'America/New_York'",
        added_at=added,
    )
    fill("memberships.coordinator", organizations, person_id="g", organization_id="g", added_at=added)


def generate(*, trainings: int, due: int) -> None:
    """Make it. `due` trainings are due, and as many are the yardstick's."""
    now, added = _literal(NIGHT), _literal(NIGHT - timedelta(days=150))
    edition = apps.get_model("common.editionrecord")._default_manager.order_by("pk").values_list("pk", flat=True).first()
    organizations, bookings = max(trainings // 10, 1), trainings * TEAMS
    members(trainings, organizations, added=added)
    fill(
        "memberships.membership",
        trainings,
        organization_id=f"1 + g % {organizations}",
        level="'gold'",
        starts_on=_literal(TODAY - timedelta(days=200)),
        ends_on=_literal(TODAY + timedelta(days=700)),
        edition_id=str(edition),
        enforced_from_on=_literal(TODAY - timedelta(days=200)),
        added_at=added,
        granted="15",
        available="3",
        reserved="12",
    )
    _trainings(trainings, due=due, edition=edition, added=added)
    member = f"1 + (g - 1) % {trainings}"
    fill("memberships.reservation", bookings, membership_id=member, reserved=str(SEATS))
    past = f"(g - 1) / {TEAMS} >= {2 * due} AND ((g - 1) / {TEAMS}) % 2 = 1"
    closed = f"CASE WHEN {past} THEN {now}::timestamptz - interval '90 days' END"
    fill(
        "trainings.booking",
        bookings,
        training_id=f"1 + (g - 1) / {TEAMS}",
        membership_id=member,
        reservation_id="g",
        seats=str(SEATS),
        site="'Library'",
        site_zone="'America/New_York'",
        booked_at=added,
        roster_closed_at=closed,
        attendance_confirmed_at=closed,
    )
    people = bookings * NAMES
    fill(
        "trainees.place",
        people,
        booking_id=f"1 + (g - 1) / {NAMES}",
        training_id=f"1 + (g - 1) / {NAMES * TEAMS}",
        person_id=f"1 + g % {trainings}",
        name="'Person ' || g",
        added_at=added,
        invite_at=added,
    )
    entry: dict[str, str] = {"at": added, "seats": str(SEATS), "source": "'available'", "target": "'reserved'", "event": "'book'"}
    fill(
        "memberships.ledgerentry",
        bookings,
        **entry,
        membership_id=member,
        reservation_id="g",
        reason="'booked'",
        available_after="3",
    )
    fill(  # the reports of the memberships' sixth month have been sent
        "common.appliedaction",
        trainings,
        rule="'L15'",
        subject_label="'memberships.membership'",
        subject_id="g",
        cut_off_on=_literal(add_months(TODAY - timedelta(days=200), 6)),
        applied_at=added,
        sentence="''",
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _trainings(count: int, *, due: int, edition: int, added: str) -> None:
    """Due and the yardstick's: in 20 days. The others: past and held, or far ahead."""
    today, soon = _literal(TODAY), f"g <= {2 * due}"
    starts_on = f"({today}::date + CASE WHEN {soon} THEN 20 WHEN g % 2 = 0 THEN -100 - g % 2000 ELSE 100 + g % 300 END)"
    roster = f"CASE WHEN g > {due} AND {soon} THEN {today}::date + 2000 ELSE {starts_on} - 21 END"
    fill(
        "trainings.training",
        count,
        code="'training-' || g",
        state=f"CASE WHEN g > {2 * due} AND g % 2 = 0 THEN 'held' ELSE 'scheduled' END",
        starts_on=starts_on,
        ends_on=f"{starts_on} + 1",
        starts="'09:00'",
        ends="'17:00'",
        zone="'America/Chicago'",
        starts_at=f"({starts_on} + time '14:00') AT TIME ZONE 'UTC'",
        ends_at=f"({starts_on} + time '22:00') AT TIME ZONE 'UTC' + interval '1 day'",
        capacity="30",
        edition_id=str(edition),
        announced_on=f"{starts_on} - 120",
        sign_up_until=f"{starts_on} - 28",
        roster_until=roster,
        enforced_from_on=f"{starts_on} - 120",
        added_at=added,
    )
