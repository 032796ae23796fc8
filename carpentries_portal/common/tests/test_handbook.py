"""Editions, their JSON, verdicts: the built-in edition is the page's; what does not hold is refused by its field."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.edition_json import EditionProblem, builtin_2017, from_json, to_json
from carpentries_portal.common.handbook import RULES, AgendaItem, Answer, Edition, ExceptionUsed, allow, refuse, rule_name, warn

NUMBERS_OF_THE_PAGE = {
    "name": "2017",
    "in_force_from": date(2012, 1, 1),
    "level_seats": {"bronze": 0, "silver": 6, "gold": 15, "platinum": None},
    "minimum_team": 6,
    "recommended_months": 6,
    "sign_up_days": 28,
    "cancel_empty": True,
    "cancel_after_days": 2,
    "at_risk_days": 42,
    "at_risk_letter_days": 35,
    "hold_days": 14,
    "late_request_days": 21,
    "starts": time(9),
    "ends": time(17),
    "training_days": 2,
    "earliest_hour": time(7),
    "latest_hour": time(20),
    "capacity": 30,
    "max_minutes_missed": 60,
    "roster_days": 21,
    "reading_days": 7,
    "link_days": 14,
    "checkout_days": 90,
    "extension_days": 90,
    "late_hand_in_days": 14,
    "late_confirmation_days": 7,
    "moved_notice_days": 7,
    "roster_reminders": (14, 7, 3, 0),
    "checkout_reminders": (60, 30, 7),
    "report_months": (3, 6, 9),
    "welcome_days": 30,
    "contact": "instructor.training@example.org",
}


def test_builtin_has_the_numbers_of_the_page() -> None:
    edition = builtin_2017()
    assert {name: getattr(edition, name) for name in NUMBERS_OF_THE_PAGE} == NUMBERS_OF_THE_PAGE
    others = {field.name for field in fields(Edition)} - NUMBERS_OF_THE_PAGE.keys()
    assert others == {"curriculum_link", "support_link", "exercises", "agenda"}


def test_builtin_has_three_exercises_with_a_link_each() -> None:
    """R26."""
    exercises = builtin_2017().exercises
    assert [exercise.code for exercise in exercises] == ["contribution", "discussion", "demonstration"]
    assert all(exercise.link.startswith("https://") for exercise in exercises)


def test_builtin_agenda_is_whole_and_ends_at_five_past_four() -> None:
    """The agenda of August 2017: no gap, no overlap, both days 09:00 to 16:05, a lunch and two breaks each."""
    agenda = builtin_2017().agenda
    for day in (1, 2):
        items = [item for item in agenda if item.day == day]
        ends = [item.starts_after + item.minutes for item in items]
        assert [item.starts_after for item in items] == [0, *ends[:-1]]
        assert ends[-1] == 7 * 60 + 5
        assert [item.kind for item in items if item.kind != "session"] == ["break", "lunch", "break"]
    assert agenda[0] == AgendaItem(day=1, title="Welcome", kind="session", starts_after=0, minutes=15)
    assert agenda[-1] == AgendaItem(day=2, title="Afternoon Wrap-Up", kind="session", starts_after=380, minutes=45)
    assert sum(item.minutes for item in agenda if item.kind == "session") == 335 + 335


def test_edition_to_json_and_back_is_the_same() -> None:
    assert from_json(to_json(builtin_2017())) == builtin_2017()


def _with(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(to_json(builtin_2017())), **changes}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _with().items() if key != name}


def _line(name: str, **changes: Any) -> dict[str, Any]:
    plain = _with()
    plain[name][1].update(changes)
    return plain


def _short_line() -> dict[str, Any]:
    plain = _with()
    del plain["agenda"][2]["minutes"]
    return plain


WHOLE = "is a whole number from 0 to 9999"
HOUR = "is a time of day, such as 09:00"
DAY = "is a date, such as 2012-01-01"


@pytest.mark.parametrize(
    ("plain", "field", "reason"),
    [
        (_with(level_seats={"silver": 5}), "level_seats", "silver holds fewer seats than the minimum team"),
        (_with(minimum_team=7), "level_seats", "silver holds fewer seats than the minimum team"),
        (_with(level_seats={"silver": -6}), "level_seats", WHOLE),
        (_with(level_seats={"silver": "6"}), "level_seats", WHOLE),
        (_with(level_seats={" ": 6}), "level_seats", "is a text"),
        (_with(level_seats=["silver"]), "level_seats", "names the seats of each level"),
        (_without("roster_days"), "roster_days", "is missing"),
        (_with(colour="blue"), "colour", "is not a number of the handbook"),
        (_with(minimum_team=0), "minimum_team", "is at least 1"),
        (_with(training_days=0), "training_days", "is at least 1"),
        (_with(minimum_team=True), "minimum_team", WHOLE),
        (_with(capacity=2.5), "capacity", WHOLE),
        (_with(capacity=5), "capacity", "holds no team"),
        (_with(checkout_days=10_000), "checkout_days", WHOLE),
        (_with(sign_up_days=20), "roster_days", "comes after sign-up"),
        (_with(in_force_from="soon"), "in_force_from", DAY),
        (_with(in_force_from=None), "in_force_from", DAY),
        (_with(starts="9 o'clock"), "starts", HOUR),
        (_with(starts="09:00:30"), "starts", HOUR),
        (_with(starts="09:00+01:00"), "starts", HOUR),
        (_with(starts=9), "starts", HOUR),
        (_with(ends="09:00"), "ends", "comes after the start"),
        (_with(latest_hour="06:00"), "latest_hour", "comes after the earliest"),
        (_with(cancel_empty=1), "cancel_empty", "is yes or no"),
        (_with(roster_reminders=14), "roster_reminders", "is a list"),
        (_with(roster_reminders=[14, -7]), "roster_reminders", WHOLE),
        (_with(contact=""), "contact", "is a text"),
        (_with(contact="nobody"), "contact", "is an e-mail address"),
        (_with(support_link="javascript:alert(1)"), "support_link", "is a link that begins with https://"),
        (_with(agenda="none"), "agenda", "is a list"),
        (_with(agenda=["lunch"]), "agenda line 1", "is a set of named values"),
        (_short_line(), "agenda line 3: minutes", "is missing"),
        (_line("agenda", minutes=0), "agenda line 2: minutes", "is at least 1"),
        (_line("agenda", minutes="65"), "agenda line 2: minutes", WHOLE),
        (_line("agenda", day=0), "agenda line 2: day", "is at least 1"),
        (_line("agenda", starts_after=-5), "agenda line 2: starts_after", WHOLE),
        (_line("agenda", kind="nap"), "agenda line 2: kind", "is one of session, break, lunch"),
        (_line("agenda", title=""), "agenda line 2: title", "is a text"),
        (_line("agenda", who="Ana"), "agenda line 2: who", "is not a number of the handbook"),
        (_line("exercises", link="pad"), "exercises line 2: link", "is a link that begins with https://"),
        (_line("exercises", code="contribution"), "exercises", "have a code each"),
        ([], "edition", "is a set of named numbers"),
    ],
)
def test_edition_that_does_not_hold_is_refused_by_its_field(plain: Any, field: str, reason: str) -> None:
    with pytest.raises(EditionProblem) as caught:
        from_json(plain)
    assert (caught.value.field, caught.value.reason, str(caught.value)) == (field, reason, f"{field}: {reason}")
    assert isinstance(caught.value, ValueError)


def test_edition_level_with_no_seats_or_by_contract_holds() -> None:
    edition = from_json(_with(level_seats={"bronze": 0, "steel": None}))
    assert (edition.seats_of("bronze"), edition.seats_of("steel"), edition.seats_of("unheard-of")) == (0, None, 0)


@pytest.mark.parametrize(("level_seats", "minimum"), [(15, 6), (6, 6), (4, 4), (None, 6), (0, 6)])
def test_minimum_for_a_level_with_fewer_seats(level_seats: int | None, minimum: int) -> None:
    """R11: the minimum, or all the seats of the level if those are fewer."""
    assert builtin_2017().minimum_for(level_seats) == minimum


@pytest.mark.parametrize(
    ("make", "answer", "flags"),
    [
        (allow, Answer.ALLOWED, (True, False, False)),
        (warn, Answer.WARNED, (True, True, False)),
        (refuse, Answer.REFUSED, (False, False, True)),
    ],
)
def test_verdict_answers(make: Callable[..., Any], answer: Answer, flags: tuple[bool, ...]) -> None:
    turns_on = CutOff(date(2018, 2, 12), "America/Chicago")
    verdict = make("R6", "Sentence.", turns_on=turns_on)
    assert (verdict.allowed, verdict.warned, verdict.refused) == flags
    assert (verdict.answer, verdict.rule, verdict.name, verdict.turns_on) == (answer, "R6", "four weeks ahead", turns_on)


def test_exception_is_in_force_until_its_end() -> None:
    end = datetime(2018, 2, 20, 6, tzinfo=UTC)
    given = ExceptionUsed(label="trainings.trainingexception", id=1, rule="R6", until=end)
    assert given.in_force(end - timedelta(microseconds=1))
    assert not given.in_force(end)
    assert ExceptionUsed(label="trainings.trainingexception", id=1, rule="R6").in_force(end)


def test_rules_each_has_a_name() -> None:
    assert list(RULES) == [f"R{n}" for n in range(1, 32)] + [f"P{n}" for n in range(1, 14)]
    assert all(rule_name(rule) for rule in RULES)
    with pytest.raises(KeyError):
        rule_name("R99")
