"""Editions: which one binds on a day; a new one begins tomorrow at the earliest, holds together, and rebinds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from carpentries_portal.common import editions
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.editions import UnableToPublishEdition, publish_edition
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import EditionRecord, JournalEntry
from memberships.factories import MembershipFactory
from trainings.factories import TrainingFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 2, 23, 30, tzinfo=UTC)
NEXT = replace(builtin_2017(), name="2018", in_force_from=date(2018, 1, 3), sign_up_days=35)


def test_before_the_first_edition_there_is_none() -> None:
    assert editions.in_force(date(2012, 1, 1)).name == "2017"
    with pytest.raises(UnableTo, match="No edition of the rules was in force on Sat 31 Dec 2011"):
        editions.in_force(date(2011, 12, 31))


def test_a_new_edition_holds_from_its_day_on_and_rebinds_nothing() -> None:
    training, membership = TrainingFactory(), MembershipFactory()
    publish_edition(NEXT, by=None, now=NOW)
    assert [editions.in_force(day).name for day in (date(2018, 1, 2), date(2018, 1, 3))] == ["2017", "2018"]
    for row in (training, membership):
        row.refresh_from_db()
        assert row.edition.name == "2017"
    assert training.sign_up_until == date(2018, 2, 12)
    later = TrainingFactory(now=datetime(2018, 1, 3, 18, tzinfo=UTC))
    assert (later.edition.name, later.sign_up_until) == ("2018", date(2018, 2, 5))
    assert JournalEntry.objects.get(what="edition_published").why == "In force from Wed 3 Jan 2018."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"in_force_from": date(2018, 1, 2)}, "A new edition begins tomorrow at the earliest."),
        ({"sign_up_days": 10}, "roster"),
        ({"level_seats": {"silver": 5, "gold": 15}}, "silver"),
    ],
)
def test_an_edition_that_begins_too_early_or_contradicts_itself_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UnableToPublishEdition, match=sentence):
        publish_edition(replace(NEXT, **changes), by=None, now=NOW)
    assert EditionRecord.objects.count() == 1


def test_two_editions_do_not_begin_on_one_day() -> None:
    publish_edition(NEXT, by=None, now=NOW)
    with pytest.raises(UnableToPublishEdition, match="Another edition begins on that day"):
        publish_edition(replace(NEXT, name="2018b"), by=None, now=NOW)
