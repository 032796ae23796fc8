"""P6: the run closes rosters. L3: it reminds coordinators of names that are missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.enforcement import BrokenSubject, Planned, PlannedAction, plan_each
from carpentries_portal.common.handbook import Verdict, warn
from carpentries_portal.common.models import EditionRecord
from trainees import emails, policy, queries
from trainings.actions import close_roster, lock_booking
from trainings.models import Booking
from trainings.queries import rosters_due, rosters_open
from trainings.states import BookingState

BATCH = 500


def verdict_for(booking: Booking, now: datetime) -> Verdict:
    """What P6 says to a booking now: the same for the run, the desk and `explain`."""
    return policy.close_roster(queries.roster_facts(booking), now=now)


class CloseRoster:
    """P6: at the end of the roster's last day, unless a request of the booking waits."""

    code = "P6"
    label = "trainings.booking"

    def due(self, now: datetime) -> Iterator[Planned]:
        """In batches: names and requests of a batch are counted at once, so that the plan's cost grows with what is due."""
        rows = rosters_due(now).iterator(chunk_size=BATCH)
        for batch in _batched(rows):
            ids = [row.pk for row in batch]
            names, pending = queries.names_on(ids), queries.requests_in_time(ids)
            for row in batch:
                try:
                    facts = queries.facts_of(row, names=names.get(row.pk, 0), pending=row.pk in pending)
                    action = self._plan(row, policy.close_roster(facts, now=now))
                except Exception as problem:  # noqa: BLE001  # whatever is wrong with one row is that row's
                    yield BrokenSubject(self.code, self.label, row.pk, f"{type(problem).__name__}: {problem}")
                    continue
                if action is not None:
                    yield action

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        locked = lock_booking(subject_id)
        action = self._plan(locked[0], verdict_for(locked[0], now))
        return replace(action, locked=locked) if action is not None else None

    def effect(self, action: PlannedAction, now: datetime) -> None:
        facts = action.verdict.facts
        close_roster(
            booking_id=action.subject_id,
            locked=action.locked,
            unnamed=int(str(facts["unnamed"])),
            cancels=bool(facts["cancels"]),
            verdict=action.verdict,
            now=now,
        )

    def _plan(self, booking: Booking, verdict: Verdict) -> PlannedAction | None:
        if not verdict.facts.get("due"):
            return None
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=booking.pk,
            subject_text=str(booking),
            cut_off=booking.roster_cut_off(),
            round=booking.round,
            verdict=verdict,
            seats=int(str(verdict.facts["unnamed"])),
            letters=("L3",),
            hold_to=booking.training.starts_on - timedelta(days=1),
        )


def _batched(rows: Iterator[Booking]) -> Iterator[tuple[Booking, ...]]:
    while batch := tuple(itertools.islice(rows, BATCH)):
        yield batch


class RosterWanted:
    """L3: coordinators are reminded of names that are missing, 14, 7, 3 and 0 days (of the edition) before the roster closes.

    Of several that are due only the newest leaves (P12); none is older than the booking.
    """

    code = "L3"
    label = "trainings.booking"

    def due(self, now: datetime) -> Iterator[Planned]:
        longest = max((max(record.edition().roster_reminders, default=0) for record in EditionRecord.objects.all()), default=0)
        for batch in _batched(rosters_open(now, within_days=longest).iterator(chunk_size=BATCH)):
            names = queries.names_on([row.pk for row in batch])
            yield from plan_each(self, batch, partial(self._plan_named, names), now)

    def replan(self, subject_id: int, now: datetime) -> PlannedAction | None:
        booking, training, membership = lock_booking(subject_id)
        booking.training, booking.membership = training, membership
        return self._plan(booking, queries.names_on([booking.pk]).get(booking.pk, 0), now)

    def effect(self, action: PlannedAction, now: datetime) -> None:
        booking = Booking.objects.select_related("training", "membership").get(pk=action.subject_id)
        emails.roster_wanted(booking, on=action.cut_off.on, now=now, sentence=action.verdict.sentence)

    def _plan_named(self, names: Mapping[int, int], booking: Booking, now: datetime) -> PlannedAction | None:
        return self._plan(booking, names.get(booking.pk, 0), now)

    def _plan(self, booking: Booking, names: int, now: datetime) -> PlannedAction | None:
        missing, closes = booking.seats - names, booking.roster_cut_off()
        if missing <= 0 or booking.state != BookingState.CONFIRMED or booking.roster_closed_at is not None or closes.passed(now):
            return None
        zone = booking.training.zone
        first = max(today_in(zone, booking.booked_at), booking.training.enforced_from_on)
        days = [closes.on - timedelta(days=ahead) for ahead in booking.training.edition.edition().roster_reminders]
        due = [day for day in days if first <= day <= today_in(zone, now)]
        if not due:
            return None
        text = ngettext("%(n)d seat has no name yet.", "%(n)d seats have no name yet.", missing) % {"n": missing}
        return PlannedAction(
            rule=self.code,
            label=self.label,
            subject_id=booking.pk,
            subject_text=str(booking),
            cut_off=CutOff(on=max(due), zone=zone),
            round=booking.round,
            verdict=warn("R16", text, turns_on=closes),
            letters=("L3",),
            brakes=False,
        )
