"""R12 (b) by the run: the last day in the organization's zone, exceptions, rounds, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.enforcement.apply import Outcome, apply
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.models import AppliedAction, BrakedAction, JournalEntry, Notice, Run
from memberships import actions
from memberships.factories import EPOCH, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.ledger import Cause
from memberships.models import Membership, MembershipException

pytestmark = pytest.mark.django_db

AFTER = datetime(2019, 1, 2, 12, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def accounts(membership: Membership) -> tuple[int, int, int]:
    row = Membership.objects.get(pk=membership.pk)
    return row.available, row.reserved, row.forfeited


def exception(membership: Membership, *, until: datetime, now: datetime = EPOCH) -> MembershipException:
    record = MembershipException(membership=membership, rule="R12", reason="illness", until=until)
    return exceptions.enter(record, by=StaffFactory(), now=now)


@pytest.mark.parametrize(
    ("zone", "ends_on", "over"),
    [
        ("America/New_York", date(2018, 12, 31), datetime(2019, 1, 1, 5, tzinfo=UTC)),  # the eve of the anniversary
        ("America/New_York", date(2019, 1, 1), datetime(2019, 1, 2, 5, tzinfo=UTC)),  # the anniversary itself
        ("Pacific/Honolulu", date(2018, 12, 31), datetime(2019, 1, 1, 10, tzinfo=UTC)),
        ("Pacific/Auckland", date(2018, 12, 31), datetime(2018, 12, 31, 11, tzinfo=UTC)),
        ("Pacific/Kiritimati", date(2018, 12, 31), datetime(2018, 12, 31, 10, tzinfo=UTC)),
        ("America/New_York", date(2018, 3, 10), datetime(2018, 3, 11, 5, tzinfo=UTC)),  # the clocks change that night
        ("America/New_York", date(2018, 3, 11), datetime(2018, 3, 12, 4, tzinfo=UTC)),
    ],
)
def test_acts_when_the_last_day_is_over_in_the_organizations_zone(zone: str, ends_on: date, over: datetime) -> None:
    membership = MembershipFactory(organization=OrganizationFactory(zone=zone), ends_on=ends_on)
    assert runs.run(now=over - SECOND, rules=["R12"]).applied == 0
    assert accounts(membership) == (15, 0, 0)
    assert runs.run(now=over, rules=["R12"]).applied == 1
    assert accounts(membership) == (0, 0, 15)


def test_whole_record_of_what_it_did() -> None:
    membership = MembershipFactory(level="silver")
    run = runs.run(now=AFTER)
    sentence = "The membership ended on Mon 31 Dec 2018 with 6 seats unused: they are forfeited."
    entry = membership.entries.latest("pk")
    assert (entry.event, entry.source, entry.target, entry.seats, entry.rule, entry.forfeit_rule, entry.reason, entry.at) == (
        "year_end", "available", "forfeited", 6, "R12", "R12", sentence, AFTER,
    )  # fmt: skip
    line = JournalEntry.objects.get(what="seats_forfeited")
    assert (line.rule, line.why, line.at, line.by, line.new) == ("R12", sentence, AFTER, None, {"seats": 6})
    row = AppliedAction.objects.get()
    assert (row.run, row.rule, row.subject_id, row.cut_off_on, row.round, row.sentence) == (
        run, "R12", membership.pk, date(2018, 12, 31), 0, sentence,
    )  # fmt: skip
    assert Notice.objects.count() == 0


def test_reserved_seats_settle_later() -> None:
    membership = MembershipFactory()
    (row,) = actions.lock_memberships([membership.pk])
    actions.reserve(row, actions.new_reservation(row), seats=9, cause=Cause(reason="booked", now=EPOCH))
    assert runs.run(now=AFTER).applied == 1
    assert accounts(membership) == (0, 9, 6)


def test_nothing_left_nothing_planned() -> None:
    MembershipFactory(level="bronze")
    assert plan(now=AFTER) == ([], [])


def test_exception_keeps_them_until_it_ends() -> None:
    membership = MembershipFactory()
    until = datetime(2019, 2, 1, 5, tzinfo=UTC)
    exception(membership, until=until)
    assert runs.run(now=until - SECOND).applied == 0
    assert runs.run(now=until).applied == 1
    assert accounts(membership) == (0, 0, 15)


def test_exception_that_was_revoked_keeps_nothing() -> None:
    membership = MembershipFactory()
    record = exception(membership, until=datetime(2019, 2, 1, 5, tzinfo=UTC))
    exceptions.revoke(record, by=StaffFactory(), now=EPOCH, note="a slip")
    assert runs.run(now=AFTER).applied == 1
    assert accounts(membership) == (0, 0, 15)


def test_restored_seats_are_forfeited_again_when_the_exception_ends() -> None:
    membership = MembershipFactory()
    runs.run(now=AFTER)
    until = AFTER + timedelta(days=30)
    record = exception(membership, until=until, now=AFTER)
    actions.restore(membership=membership, seats=6, exception=record, why="illness", by=StaffFactory(), now=AFTER)
    assert runs.run(now=until - SECOND).applied == 0
    assert accounts(membership) == (6, 0, 9)
    assert runs.run(now=until).applied == 1
    assert accounts(membership) == (0, 0, 15)
    assert list(AppliedAction.objects.order_by("pk").values_list("cut_off_on", "round")) == [
        (date(2018, 12, 31), 0),
        (date(2018, 12, 31), 1),
    ]


def test_returned_seats_wait_for_staff() -> None:
    membership = MembershipFactory()
    (row,) = actions.lock_memberships([membership.pk])
    team = actions.new_reservation(row)
    actions.reserve(row, team, seats=15, cause=Cause(reason="booked", now=EPOCH))
    actions.release(row, team, seats=15, cause=Cause(reason="cancelled late", now=AFTER))
    assert runs.run(now=AFTER).applied == 0
    assert Membership.objects.get(pk=membership.pk).returned == 15


def test_membership_from_before_the_portal_is_left_alone() -> None:
    taken = {"level": "gold", "starts_on": date(2018, 1, 1), "source": "a list", "by": None}
    noon = datetime(2018, 6, 30, 18, tzinfo=UTC)
    for key, ends_on in (("a", date(2018, 6, 30)), ("b", date(2018, 7, 1))):  # rules act from the 1st of July on
        actions.take_over_membership(organization=OrganizationFactory(), ends_on=ends_on, source_key=key, now=noon, **taken)
    runs.run(now=AFTER)
    assert list(Membership.objects.order_by("source_key").values_list("available", "forfeited")) == [(15, 0), (0, 15)]


def test_ended_early_leaves_nothing_to_forfeit() -> None:
    membership = MembershipFactory()
    actions.end_early(membership=membership, on=date(2018, 5, 31), why="closed down", by=StaffFactory(), now=EPOCH)
    runs.run(now=AFTER)
    assert AppliedAction.objects.count() == 0


@pytest.mark.parametrize(("count", "applied"), [(4, 4), (5, 0)])
def test_brake_counts_seats_of_one_last_day(count: int, applied: int) -> None:
    for _ in range(count):
        MembershipFactory()  # 15 seats each, 60 is the limit
    run = runs.run(now=AFTER)
    assert (run.applied, run.braked) == (applied, count - applied)
    assert sum(BrakedAction.objects.values_list("seats", flat=True)) == 15 * (count - applied)


def test_what_was_booked_between_plan_and_apply_is_not_forfeited() -> None:
    membership = MembershipFactory()
    (action,), _broken = plan(now=AFTER)
    (row,) = actions.lock_memberships([membership.pk])
    actions.reserve(row, actions.new_reservation(row), seats=9, cause=Cause(reason="booked", now=EPOCH))
    assert apply(action, run=Run.objects.create(as_of=AFTER, started_at=AFTER), now=AFTER) is Outcome.APPLIED
    assert accounts(membership) == (0, 9, 6)
    assert (
        AppliedAction.objects.get().sentence == "The membership ended on Mon 31 Dec 2018 with 6 seats unused: they are forfeited."
    )


def test_missing_membership_is_reported() -> None:
    MembershipFactory()
    (action,), _broken = plan(now=AFTER)
    run = Run.objects.create(as_of=AFTER, started_at=AFTER)
    gone = type(action)(**{name: getattr(action, name) for name in action.__slots__} | {"subject_id": 999})
    assert apply(gone, run=run, now=AFTER) is Outcome.FAILED
    assert [str(row) for row in run.errors.all()] == ["R12 memberships.membership 999: LookupError: the membership is gone"]
