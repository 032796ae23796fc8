"""R17 on values: until when an application can change, and what it lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trainees.policy import REQUIRED, may_change, missing

BEGINS = datetime(2018, 3, 12, 14, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("finished", "active", "now", "allowed"),
    [
        (True, True, BEGINS - TICK, True),
        (True, True, BEGINS, False),
        (False, True, BEGINS + timedelta(days=400), True),
        (True, False, BEGINS - TICK, False),
        (False, False, BEGINS - TICK, False),
    ],
)
def test_an_application_changes_until_it_is_finished_and_the_training_begins(
    finished: bool, active: bool, now: datetime, allowed: bool
) -> None:
    verdict = may_change(finished=finished, active=active, begins_at=BEGINS, now=now)
    assert (verdict.rule, verdict.allowed) == ("R17", allowed)


def test_expertise_may_be_given_in_own_words() -> None:
    answers = dict.fromkeys(REQUIRED, "x")
    assert missing(answers) == []
    assert missing({**answers, "expertise": []}) == ["expertise"]
    assert missing({**answers, "expertise": [], "expertise_other": "Astronomy"}) == []
    assert missing({}) == list(REQUIRED)
