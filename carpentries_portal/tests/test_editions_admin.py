"""Staff publish an edition: prefilled, each problem at its field, previewed in words, bound to what comes; withdrawn before it is in use."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from carpentries_portal.common import clock, edition_words
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.editions import UnableToWithdrawEdition, publish_edition, withdraw_edition
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord, JournalEntry, Person
from carpentries_portal.tests.test_admin import BACKEND, button, send, token
from memberships.factories import MembershipFactory, PersonFactory, StaffFactory
from trainings import policy, queries
from trainings.factories import TrainingFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
ADD = "/admin/common/editionrecord/add/"
NEXT = replace(builtin_2017(), name="2018", in_force_from=date(2018, 3, 1), sign_up_days=35)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def staff() -> Person:
    return StaffFactory(name="Ines Moreau")


@pytest.fixture
def desk(staff: Person) -> Client:
    client = Client()
    client.force_login(staff, backend=BACKEND)
    return client


def prefilled(client: Client) -> dict[str, str]:
    """What the form sends if nobody changes it."""
    page = client.get(ADD).content.decode()
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or "checked" in tag):
            found[name[1]] = unescape(value[1]) if value else "on" if "checkbox" in tag else ""
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        found[name] = unescape(text)
    return {name: value for name, value in found.items() if name not in ("once", "csrfmiddlewaretoken")}


def filled(client: Client, **changes: str) -> dict[str, str]:
    return {**prefilled(client), "name": "2018", "in_force_from": "2018-03-01", **changes}


def previewed(client: Client, **changes: str) -> list[str]:
    """What the page says before it is published."""
    values = filled(client, **changes)
    page = client.post(ADD, {**values, "once": token(client.get(ADD).content.decode())}).content.decode()
    box = re.search(r'<div class="warned-note">.*?</div>', page, re.DOTALL)
    assert box, problems(page)
    return [unescape(line) for line in re.findall(r"<li>(.*?)</li>", box[0])]


def problems(page: str) -> dict[str, list[str]]:
    """The problems of a page by field."""
    found = {}
    for row in re.findall(r'<div class="form-row errors">.*?</div></div>|<div class="form-row errors">.*?</div>', page, re.DOTALL):
        name = re.search(r'name="([^"]*)"', row)
        assert name, row
        found[name[1]] = [unescape(one) for one in re.findall(r"<li>(.*?)</li>", row)]
    return found


def test_every_number_of_an_edition_stands_in_a_group_with_its_rule() -> None:
    named = [name for _title, group in edition_words.GROUPS for name, _rule, _label in group]
    assert sorted(named) == sorted({field.name for field in fields(Edition)} - {"name", "in_force_from"})


def test_sent_as_it_is_prefilled_the_new_edition_has_the_newest_ones_numbers(desk: Client, staff: Person) -> None:
    lines = previewed(desk)
    assert lines[:3] == [
        "“2018” is in force from Thu 1 Mar 2018 on.",
        "It follows “2017”, in force from Sun 1 Jan 2012.",
        "No number differs from “2017”.",
    ]
    assert EditionRecord.objects.count() == 1
    assert send(desk, ADD, **filled(desk))[0]
    record = EditionRecord.objects.get(name="2018")
    assert record.edition() == replace(builtin_2017(), name="2018", in_force_from=date(2018, 3, 1))
    assert JournalEntry.objects.get(what="edition_published").by == staff


def test_the_preview_says_which_rules_change_and_what_is_bound_to_which(desk: Client) -> None:
    TrainingFactory()  # 12 March, announced already
    late = MembershipFactory(starts_on=date(2018, 4, 1), ends_on=date(2019, 3, 31))
    MembershipFactory(starts_on=date(2018, 2, 1), ends_on=date(2019, 1, 31))
    agenda = prefilled(desk)["agenda"].replace("1; 00:00; 15; session; Welcome", "1; 00:00; 15; session; Hello")
    changes = {
        "sign_up_days": "35",
        "level_seats_gold": "12",
        "level_seats_bronze": "",
        "roster_reminders": "7, 1",
        "agenda": agenda,
    }
    lines = previewed(desk, **changes)
    assert lines[2:] == [
        "R1, seats of a membership: Seats of bronze: 0 → by contract",
        "R1, seats of a membership: Seats of gold: 15 → 12",
        "R6, four weeks ahead: Sign-up closes, days before the first day: 28 → 35",
        "R16, names three weeks ahead: Reminders (L3), days before names are due: 14, 7, 3, 0 → 7, 1",
        "R23, lunch and breaks: Agenda: − 1; 00:00; 15; session; Welcome",
        "R23, lunch and breaks: Agenda: + 1; 00:00; 15; session; Hello",
        "Memberships that start from Thu 1 Mar 2018 on, and are created from now on, are bound to it.",
        "1 membership that starts from then on is created already: it keeps its edition.",
        f"{late}: “2017”",
        "Trainings announced from Thu 1 Mar 2018 on are bound to it, with their agenda and all their cut-offs.",
        "1 training from then on is announced already: it keeps “2017”.",
        "No date that was announced moves. It can be withdrawn until it begins.",
    ]
    assert EditionRecord.objects.count() == 1


def test_an_edition_between_two_says_when_it_ends(desk: Client) -> None:
    publish_edition(replace(NEXT, name="2019", in_force_from=date(2019, 1, 1)), by=None, now=NOW)
    assert previewed(desk)[0] == "“2018” is in force from Thu 1 Mar 2018 on to Mon 31 Dec 2018, for “2019” begins then."


TWO_AT_ONCE = {"minimum_team": "7", "starts": "18:00", "contact": "nobody"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"name": "2017"}, {"name": ["Another edition has that name."]}),
        ({"in_force_from": "2018-01-10"}, {"in_force_from": ["A new edition begins tomorrow at the earliest."]}),
        ({"in_force_from": "2012-01-01"}, {"in_force_from": ["A new edition begins tomorrow at the earliest."]}),
        ({"in_force_from": "2018-02-30"}, {"in_force_from": ["Enter a valid date."]}),
        ({"sign_up_days": "-1"}, {"sign_up_days": ["Ensure this value is greater than or equal to 0."]}),
        ({"sign_up_days": "10000"}, {"sign_up_days": ["Ensure this value is less than or equal to 9999."]}),
        ({"sign_up_days": "four"}, {"sign_up_days": ["Enter a whole number."]}),
        ({"sign_up_days": "20"}, {"roster_days": ["Comes after sign-up."]}),
        ({"level_seats_silver": "5"}, {"level_seats_silver": ["Silver holds fewer seats than the minimum team."]}),
        (
            TWO_AT_ONCE,
            {
                "level_seats_silver": ["Silver holds fewer seats than the minimum team."],
                "ends": ["Comes after the start."],
                "contact": ["Is an e-mail address."],
            },
        ),
        ({"roster_reminders": "14, x"}, {"roster_reminders": ["Whole numbers with commas between them, such as 14, 7, 3, 0."]}),
        ({"roster_reminders": "14, -7"}, {"roster_reminders": ["Is a whole number from 0 to 9999."]}),
        ({"starts": "25:00"}, {"starts": ["Enter a valid time."]}),
        ({"starts": "09:00:30"}, {"starts": ["Is a time of day, such as 09:00."]}),
        ({"curriculum_link": "javascript:alert(1)"}, {"curriculum_link": ["Enter a valid URL."]}),
        ({"contact": "a\x00@example.org"}, {"contact": ["Null characters are not allowed."]}),
        (
            {"agenda": "1; 0:00; 15; session; Welcome\n1; 15; 65; session; A\n1; 01:20; 0; nap; B\n2; 00:00; 5"},
            {
                "agenda": [
                    "Line 2: “15” is not hours and minutes after the start, such as 01:45.",
                    "Line 3: “0” is not a whole number of at least 1.",
                    "Line 4: it has 5 parts with semicolons between them.",
                ]
            },
        ),
        ({"agenda": "1; 00:00; 15; nap; Rest"}, {"agenda": ["Line 1: “nap” is none of: session, break, lunch."]}),
        ({"exercises": "a; A; https://example.org/\na; B; https://example.org/"}, {"exercises": ["Have a code each."]}),
        ({"exercises": "a; A; example.org"}, {"exercises": ["Line 1: “example.org” is not a link that begins with https://."]}),
    ],
)
def test_each_problem_stands_at_its_field_and_nothing_is_published(
    desk: Client, changes: dict[str, str], expected: dict[str, list[str]]
) -> None:
    values = filled(desk, **changes)
    answer = desk.post(ADD, {**values, "once": token(desk.get(ADD).content.decode())})
    assert problems(answer.content.decode()) == expected
    assert EditionRecord.objects.count() == 1


def test_two_editions_do_not_begin_on_one_day_at_the_form_too(desk: Client) -> None:
    publish_edition(NEXT, by=None, now=NOW)
    answer = desk.post(ADD, {**filled(desk, name="2018b"), "once": token(desk.get(ADD).content.decode())})
    assert problems(answer.content.decode()) == {"in_force_from": ["Another edition begins on that day."]}


def test_published_twice_by_one_form_it_is_there_once(desk: Client) -> None:
    values = {**filled(desk), "once": token(desk.get(ADD).content.decode())}
    page = desk.post(ADD, values).content.decode()
    seen = re.search(r'name="seen" value="(\w{32})"', page)
    assert seen
    desk.post(ADD, {**values, "seen": seen[1]})
    answer = desk.post(ADD, {**values, "seen": seen[1]}, follow=True)
    assert EditionRecord.objects.count() == 2
    assert problems(answer.content.decode()) or "a moment ago" in answer.content.decode()


def test_what_a_page_showed_before_another_was_published_is_shown_again(desk: Client) -> None:
    values = {**filled(desk), "once": token(desk.get(ADD).content.decode())}
    page = desk.post(ADD, values).content.decode()
    seen = re.search(r'name="seen" value="(\w{32})"', page)
    assert seen
    publish_edition(replace(NEXT, name="2018a", in_force_from=date(2018, 2, 1)), by=None, now=NOW)
    page = desk.post(ADD, {**values, "seen": seen[1]}).content.decode()
    assert "It follows “2018a”" in page
    assert not EditionRecord.objects.filter(name="2018").exists()


# it begins


def test_partners_follows_and_what_was_announced_before_keeps_its_numbers(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before = TrainingFactory(starts_on=date(2018, 5, 14))
    assert send(desk, ADD, **filled(desk, sign_up_days="35"))[0]

    def partners(at: datetime) -> str:
        monkeypatch.setattr(clock, "now", lambda: at)
        return Client().get("/partners/").content.decode()

    assert "Sign up at least 28 days before the first day" in partners(datetime(2018, 2, 28, 23, 59, tzinfo=UTC))
    assert "Sign up at least 35 days before the first day" in partners(datetime(2018, 3, 1, 0, 0, tzinfo=UTC))
    after = TrainingFactory(starts_on=date(2018, 5, 14), zone="America/Denver", now=datetime(2018, 3, 1, 18, tzinfo=UTC))
    day = datetime(2018, 4, 13, 12, tzinfo=UTC)  # D(31)
    verdicts = [policy.sign_up(queries.facts_of(row), now=day) for row in (before, after)]
    assert [verdict.allowed for verdict in verdicts] == [True, False]
    assert verdicts[0].turns_on is not None
    assert verdicts[1].turns_on is not None
    assert (verdicts[0].turns_on.on, verdicts[1].turns_on.on) == (date(2018, 4, 16), date(2018, 4, 9))


def test_the_page_of_an_edition_says_its_numbers_in_words_and_what_is_bound_to_it(desk: Client) -> None:
    TrainingFactory()
    MembershipFactory()
    MembershipFactory()
    page = desk.get(f"/admin/common/editionrecord/{EditionRecord.objects.get().pk}/change/").content.decode()
    for line in (
        "Memberships: 2",
        "Trainings: 1",
        "R6: Sign-up closes, days before the first day: 28",
        "R1: Seats of platinum: by contract",
        "R7: Cancel by itself what nobody signed up for: yes",
        "R23: Agenda 7: 1; 03:25; 60; lunch; Lunch",
    ):
        assert f"<li>{line}</li>" in page
    assert "level_seats" not in page  # no raw JSON


# withdrawing


def test_an_edition_that_nothing_uses_is_withdrawn_and_the_journal_keeps_its_numbers(desk: Client, staff: Person) -> None:
    record = publish_edition(NEXT, by=staff, now=NOW)
    path = button(record, "withdraw")
    assert "“2018” never begins: “2017” stays in force." in desk.get(path).content.decode()
    assert send(desk, path, why="")[0] is False
    done, page = send(desk, path, why="The board decided otherwise.")
    assert (done, EditionRecord.objects.count()) == (True, 1)
    assert "Done: Withdraw." in page
    line = JournalEntry.objects.get(what="edition_withdrawn")
    assert (line.by, line.why, line.old["numbers"]["sign_up_days"]) == (staff, "The board decided otherwise.", 35)
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize("use", ["begun", "bound"])
def test_an_edition_in_use_is_neither_edited_nor_withdrawn(
    desk: Client, staff: Person, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = publish_edition(NEXT, by=staff, now=NOW)
    at = NOW
    if use == "begun":
        at = datetime(2018, 3, 1, 0, 0, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: at)
    else:
        assert MembershipFactory(starts_on=date(2018, 4, 1), ends_on=date(2019, 3, 31)).edition == record
    change = f"/admin/common/editionrecord/{record.pk}/change/"
    assert "/do/withdraw/" not in desk.get(change).content.decode()
    done, page = send(desk, button(record, "withdraw"), why="Otherwise.")
    assert (done, "This is not possible any more" in page) == (False, True)
    with pytest.raises(UnableToWithdrawEdition, match="in use"):
        withdraw_edition(record, why="Otherwise.", by=staff, now=at)
    assert desk.post(change, {"name": "2018", "in_force_from": "2018-04-01"}).status_code == 403
    record.refresh_from_db()
    assert record.in_force_from == date(2018, 3, 1)


def test_withdrawing_says_why_and_happens_once(staff: Person) -> None:
    record = publish_edition(NEXT, by=staff, now=NOW)
    with pytest.raises(UnableToWithdrawEdition, match="Say why"):
        withdraw_edition(record, why=" ", by=staff, now=NOW)
    withdraw_edition(EditionRecord.objects.get(pk=record.pk), why="Otherwise.", by=staff, now=NOW)
    with pytest.raises(UnableToWithdrawEdition, match="withdrawn already"):
        withdraw_edition(record, why="Otherwise.", by=staff, now=NOW + timedelta(minutes=1))


def test_who_may_only_look_publishes_and_withdraws_nothing(staff: Person) -> None:
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(reader, backend=BACKEND)
    record = publish_edition(NEXT, by=staff, now=NOW)
    for path in (ADD, button(record, "withdraw")):
        for answer in (client.get(path), client.post(path, {"why": "x", "once": "0" * 32})):
            assert answer.status_code == 403
    assert EditionRecord.objects.count() == 2


def test_the_pages_of_editions_ask_the_database_a_constant_number_of_times(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    record = EditionRecord.objects.get()
    for _n in range(3):
        MembershipFactory()
        TrainingFactory()
    desk.get(ADD)
    with django_assert_max_num_queries(12):
        desk.get(ADD)
    with django_assert_max_num_queries(12):
        desk.get(f"/admin/common/editionrecord/{record.pk}/change/")
