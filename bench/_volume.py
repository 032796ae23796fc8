"""Years of a busy portal for bench/pages.py, written by the database: memberships, trainings (a tenth still to come), people, each on one roster.

Who was at a training that was held has passed it; nine of ten have their certificate once their 90 days are over. Each person had two letters, and
stands in two lines of the journal.
"""

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
    of_team = f"(1 + (g - 1) / {TEAMS})"
    held = f"{of_team} % 10 <> 1"
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
        attendance_confirmed_at=f"CASE WHEN {held} THEN ({_starts_on(of_team, today)} + 3)::timestamptz END",
        roster_closed_at=f"CASE WHEN {held} THEN ({_starts_on(of_team, today)} - 20)::timestamptz END",
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
        outcome=f"CASE WHEN (g - 1) / {each * TEAMS} % 10 > 0 THEN 'passed' ELSE '' END",
        outcome_at=f"CASE WHEN (g - 1) / {each * TEAMS} % 10 > 0 THEN {added}::timestamptz END",
        minutes_missed=f"CASE WHEN (g - 1) / {each * TEAMS} % 10 > 0 THEN 0 END",
    )
    _exercises(trainings, team=each * TEAMS, today=today)
    _letters(people, added=added)
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


def _exercises(trainings: int, *, team: int, today: str) -> None:
    """A checkout for each who passed; a row's number is its place's. The training of a place is held where it is not a tenth one (`_trainings`)."""
    training = f"((g - 1) / {team} + 1)"
    held, due_on = f"{training} % 10 <> 1", f"({today}::date - 9 - {training} % 2000 + 90)"
    over, late = f"{due_on} < {today}::date", "g % 10 = 0"
    people = trainings * team
    fill(
        "certification.checkout",
        people,
        only=held,
        place_id="g",
        state=f"CASE WHEN {over} AND NOT {late} THEN 'certified' ELSE 'under_way' END",
        opened_at=f"({due_on} - 88)::timestamptz",
        first_due_on=due_on,
        due_on=due_on,
        enforced_from_on=due_on,
        late_days="CASE WHEN g % 10000 = 30 THEN 20 ELSE 0 END",
        expired_on=f"CASE WHEN {over} AND {late} THEN {due_on} END",
        ended_at=f"CASE WHEN {over} AND NOT {late} THEN {due_on}::timestamptz END",
    )
    fill(
        "trainees.application",
        people,
        place_id="g",
        certificate_name="'Person ' || g",
        agreed_at=f"{due_on}::timestamptz",
        saved_at=f"{due_on}::timestamptz",
        finished_at=f"{due_on}::timestamptz",
    )
    of_place = "(1 + (g - 1) / 3)"
    _works(
        3 * people,
        place=of_place,
        due_on=due_on.replace("(g - 1)", f"({of_place} - 1)"),
        held=held.replace("(g - 1)", f"({of_place} - 1)"),
    )
    certified = f"{held} AND {over} AND NOT {late}"
    fill(
        "certification.certificate",
        people,
        only=certified,
        person_id="g",
        checkout_id="g",
        number="'BENCH-' || g",
        issued_at=f"{due_on}::timestamptz",
        issued_on=due_on,
    )
    fill(
        "certification.certificaterevision",
        people,
        only=certified,
        certificate_id="g",
        revision="1",
        token="'token-' || g",
        name="'Person ' || g",
        made_at=f"{due_on}::timestamptz",
        drawn_at=f"{due_on}::timestamptz",
        pdf="'file'::bytea",
        sha256="repeat('0', 64)",
        due_at=f"{due_on}::timestamptz",
    )


def _works(count: int, *, place: str, due_on: str, held: str) -> None:
    """Three pieces each, all passed; of who is not done yet the first is passed, and of some the second waits for its review."""
    done, mine = f"{place} % 10 > 0 AND {due_on} < now()::date", "g % 3"
    waits = f"{mine} = 2 AND {place} % 100 = 5"
    fill(
        "certification.submission",
        count,
        only=f"({held}) AND (({done}) OR {mine} = 1 OR ({waits}))",
        checkout_id=place,
        exercise=f"(ARRAY['demonstration', 'discussion', 'contribution'])[{mine} + 1]",
        state=f"CASE WHEN NOT ({done}) AND {waits} THEN 'submitted' ELSE 'passed' END",
        done_on=f"{due_on} - 30",
        confirmed_on=f"CASE WHEN ({done}) OR NOT ({waits}) THEN {due_on} - 30 END",
        submitted_at=f"({due_on} - 30)::timestamptz",
        reviewed_at=f"CASE WHEN ({done}) OR NOT ({waits}) THEN ({due_on} - 30)::timestamptz END",
    )


def _letters(people: int, *, added: str) -> None:
    fill(
        "common.notice",
        2 * people,
        code="CASE WHEN g % 2 = 0 THEN 'L4' ELSE 'L5' END",
        letter="CASE WHEN g % 2 = 0 THEN 'trainees.invitation' ELSE 'trainees.application_missing' END",
        to_person_id="1 + (g - 1) / 2",
        to_address="'person' || 1 + (g - 1) / 2 || '@example.org'",
        to_key="'person' || 1 + (g - 1) / 2 || '@example.org'",
        occasion="'once'",
        subject_label="'trainees.place'",
        subject_id="1 + (g - 1) / 2",
        state="'sent'",
        queued_at=added,
        due_at=f"{added}::timestamptz + g * interval '1 second'",
        sent_at=f"{added}::timestamptz + g * interval '1 second'",
        subject_line="'Your place at the training'",
    )
    fill(
        "common.journalentry",
        2 * people,
        what="CASE WHEN g % 2 = 0 THEN 'booking_made' ELSE 'application_finished' END",
        at=f"{added}::timestamptz + g * interval '1 second'",
        by_id="1 + (g - 1) / 2",
        by_name="'Person ' || 1 + (g - 1) / 2",
        rule="CASE WHEN g % 2 = 0 THEN 'R6' ELSE 'R17' END",
        why="'As the handbook says.'",
    )


def _starts_on(training: str, today: str) -> str:
    """When a training of this number starts: every tenth is still to come, from three weeks on."""
    return f"({today}::date + CASE WHEN {training} % 10 = 1 THEN 22 + {training} % 400 ELSE -10 - {training} % 2000 END)"


def _trainings(count: int, *, edition: str, today: str, added: str) -> None:
    starts_on = _starts_on("g", today)
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
