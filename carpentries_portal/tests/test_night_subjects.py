"""A subject that is deleted between plan and apply is reported by every rule of the night, and raised by none; a letter that broke is on the desk."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from carpentries_portal.common.enforcement import RULES, runs
from carpentries_portal.common.models import AppliedAction, Notice, Run, RunError, RunItem
from carpentries_portal.common.notices import delivery
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainings.factories import TrainerFactory, TrainingFactory
from trainings.models import Training
from trainings.states import TrainingState

pytestmark = pytest.mark.django_db

NOON = datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
GONE = 2**40


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_subject_deleted_between_plan_and_apply_is_reported_by_each_rule_and_the_night_goes_on(code: str) -> None:
    empty = TrainingFactory(starts_on=date(2018, 3, 12), trainers=[TrainerFactory()])
    rule = RULES.get(code)
    assert rule is not None
    (run_id,) = runs.waiting_runs(now=NOON)
    runs.advance(run_id, now=NOON, limit=0)  # planned, nothing done
    item = RunItem.objects.create(
        run_id=run_id,
        rule=code,
        subject_label=rule.label,
        subject_id=GONE,
        subject_text="It was here",
        cut_off_on=date(2018, 2, 1),
        ends_at=datetime(2018, 2, 2, tzinfo=UTC),  # the first in the row
        round=0,
    )
    Run.objects.update(finished_at=None)
    while runs.advance(run_id, now=NOON):
        continue
    item.refresh_from_db()
    errors = list(RunError.objects.values_list("rule", "subject_id"))
    assert (item.outcome, errors) in [("failed", [(code, GONE)]), ("unchanged", [])]
    assert Run.objects.get().finished_at == NOON
    assert Training.objects.get(pk=empty.pk).state == TrainingState.CANCELLED
    assert not AppliedAction.objects.filter(subject_id=GONE).exists()


def test_letter_that_cannot_be_made_is_kept_marked_and_shown_on_the_desk_and_the_others_leave(mailoutbox: list[object]) -> None:
    coordinator = CoordinatorFactory(email="c@example.org")
    MembershipFactory(organization=coordinator.organization)
    TrainingFactory(starts_on=date(2018, 3, 12), trainers=[TrainerFactory(email="one@example.org")])
    TrainingFactory(starts_on=date(2018, 3, 13), trainers=[TrainerFactory(email="two@example.org")])
    Notice.objects.all().delete()
    runs.run(now=NOON)
    broken, sound = Notice.objects.filter(letter="trainings.training_cancelled_trainer").order_by("pk")
    Notice.objects.filter(pk=broken.pk).update(context={})  # what its template stands on is gone
    delivery.deliver_due(now=NOON)
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.state, sound.state, len(mailoutbox)) == ("failed", "sent", Notice.objects.filter(state="sent").count())
    staff = Client()
    staff.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    desk = staff.get("/admin/").content.decode()
    assert "Letters that failed" in desk
    assert broken.error.startswith("It cannot be made. KeyError")
    assert f"/admin/common/notice/{broken.pk}/change/" in desk
