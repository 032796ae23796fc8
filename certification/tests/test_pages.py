"""The pages of checkouts in the hands of trainees, reviewers and staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import Notice, Person
from certification import actions
from certification.factories import Team
from certification.models import Checkout, CheckoutException, Submission
from certification.sessions import match_people, split_line
from certification.states import CheckoutState, SubmissionState
from certification.tests.test_checkouts import CODES, DUE, FEB, day, hand_in, review
from memberships.factories import StaffFactory
from trainees.models import Place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_february(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(clock, "now", lambda: FEB)
    yield
    assert [str(finding) for finding in run_audits()] == []


def entered(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    return client


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def now_is(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)


def test_the_trainees_page_says_what_is_next_until_when_in_both_zones() -> None:
    team = Team()
    page = text_of(entered(team.places[0].person).get(f"/checkouts/{team.places[0].pk}/"))
    assert "Ana, 3 of 3 exercises to go" in page
    assert "Tue 1 May 2018</time>, end of day Chicago time" in page
    assert "for you until Wed 2 May 2018, 4:59 (UTC)" in page
    assert "Where and when" in page
    assert page.count('class="task') == 3


def test_before_attendance_is_confirmed_the_page_says_what_will_come() -> None:
    team = Team(confirm=False)
    page = text_of(entered(team.places[0].person).get(f"/checkouts/{team.places[0].pk}/"))
    assert "They begin when your trainers have confirmed that you were there" in page
    assert entered(team.places[0].person).get(f"/checkouts/{team.places[0].pk}/hand-in/discussion/").status_code == 404


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (day(date(2018, 5, 1)), "(today)"),
        (day(date(2018, 5, 2)), "Hand in what you did in time, or ask for more"),
        (day(date(2018, 5, 20)), "The time for the exercises is over. Staff may give more"),
    ],
)
def test_the_page_follows_the_date(monkeypatch: pytest.MonkeyPatch, at: datetime, says: str) -> None:
    team = Team()
    now_is(monkeypatch, at)
    assert says in text_of(entered(team.places[0].person).get(f"/checkouts/{team.places[0].pk}/"))


def test_work_is_handed_in_seen_taken_back_and_handed_in_again() -> None:
    team = Team()
    place = team.places[0]
    client = entered(place.person)
    values = {"done_on": "2018-02-19", "link": "https://example.org/pull/7", "notes": "<b>my</b> first one"}
    page = text_of(client.post(f"/checkouts/{place.pk}/hand-in/contribution/", values, follow=True))
    assert "Handed in: Lesson contribution" in page
    assert "&lt;b&gt;my&lt;/b&gt; first one" in page
    assert "handed in, waits for its review" in page
    again = text_of(client.post(f"/checkouts/{place.pk}/hand-in/contribution/", values))
    assert "Take that back first" in again
    row = Submission.objects.get()
    assert "Taken back." in text_of(client.post(f"/checkouts/{place.pk}/take-back/{row.pk}/", follow=True))
    assert "was taken back already" in text_of(client.post(f"/checkouts/{place.pk}/take-back/{row.pk}/", follow=True))
    client.post(f"/checkouts/{place.pk}/hand-in/contribution/", values)
    assert list(Submission.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "submitted"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"notes": "x"}, "This field is required"),
        ({"done_on": "2018-02-19"}, "Give a link, a few words, or a file"),
        ({"done_on": "1918-02-19", "notes": "x"}, "A day of the years 2012 to 2100"),
        ({"done_on": "2018-01-29", "notes": "x"}, "is before the training"),
        ({"done_on": "2018-02-21", "notes": "x"}, "is still to come"),
        ({"done_on": "yesterday", "notes": "x"}, "Enter a valid date"),
        ({"done_on": "2018-02-19", "notes": "a\0b"}, "Null characters are not allowed"),
        ({"done_on": "2018-02-19", "notes": "x" * 4001}, "at most 4000 characters"),
    ],
)
def test_what_is_wrong_stands_at_the_form_and_nothing_is_kept(values: dict[str, str], says: str) -> None:
    team = Team(1)
    place = team.places[0]
    assert says in text_of(entered(place.person).post(f"/checkouts/{place.pk}/hand-in/discussion/", values))
    assert Submission.objects.count() == 0


def test_nobody_hands_in_sees_or_takes_back_for_somebody_else() -> None:
    team = Team(2)
    mine, theirs = team.places
    row = hand_in(team.checkout(1), "discussion", date(2018, 2, 19), FEB)
    client = entered(mine.person)
    paths = [f"/checkouts/{theirs.pk}/", f"/checkouts/{theirs.pk}/more-time/", f"/review/{row.pk}/", f"/submissions/{row.pk}/file"]
    assert [client.get(path).status_code for path in paths] == [404] * 4
    assert client.post(f"/checkouts/{theirs.pk}/take-back/{row.pk}/").status_code == 404
    assert client.post(f"/checkouts/{mine.pk}/take-back/{row.pk}/").status_code == 404
    assert client.post(f"/checkouts/{mine.pk}/hand-in/dancing/", {}).status_code == 404
    row.refresh_from_db()
    assert row.state == SubmissionState.SUBMITTED


def test_more_time_is_asked_for_on_the_page_and_approved_in_admin() -> None:
    team, staff = Team(1), StaffFactory()
    place = team.places[0]
    client = entered(place.person)
    page = text_of(client.post(f"/checkouts/{place.pk}/more-time/", {"to": "2018-06-15", "reason": "ill"}, follow=True))
    assert "waits for staff" in page
    assert "asked already" in text_of(client.post(f"/checkouts/{place.pk}/more-time/", {"reason": "please"}))
    record = CheckoutException.objects.get()
    desk, path = entered(staff), f"/admin/certification/checkoutexception/{record.pk}/do/approve/"
    form = desk.get(path)
    assert form.context["form"].initial["to_date"] == date(2018, 6, 15)
    values = {"to_date": "2018-07-01", "note": "get well", "once": form.context["once"]}
    assert desk.post(path, values).status_code == 302
    assert team.checkout().due_on == date(2018, 7, 1)
    assert "Staff answered:" in text_of(client.get(f"/checkouts/{place.pk}/"))
    letters = list(Notice.objects.filter(code="L13").order_by("pk").values_list("letter", flat=True))
    assert letters == ["common.exception_received", "common.exception_to_decide", "common.exception_decided"]
    path = f"/admin/certification/checkoutexception/{record.pk}/do/revoke/"
    values = {"why": "a mistake", "once": desk.get(path).context["once"]}
    assert desk.post(path, values).status_code == 302
    assert team.checkout().due_on == DUE


def test_many_requests_are_approved_at_once_each_to_its_own_day() -> None:
    team, staff = Team(3), StaffFactory()
    for number, to in enumerate([date(2018, 6, 1), None, None]):
        actions.ask_extension(checkout_id=team.checkout(number).pk, reason="ill", by=team.places[number].person, now=FEB, to=to)
    actions.close_checkout(checkout_id=team.checkout(2).pk, why="left", by=staff, now=FEB)  # which declines its request
    ids = list(CheckoutException.objects.filter(state="asked").values_list("pk", flat=True))
    values = {"action": "approve_selected", "_selected_action": ids, "confirm": "1", "days": "30", "note": ""}
    entered(staff).post("/admin/certification/checkoutexception/", values)
    dues = [team.checkout(number).due_on for number in range(3)]
    assert dues == [date(2018, 6, 1), date(2018, 5, 31), DUE]
    assert list(CheckoutException.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "approved", "declined"]


def test_the_queue_shows_the_oldest_due_first_and_leads_from_one_to_the_next() -> None:
    team, later = Team(2), Team(1, starts_on=date(2018, 2, 6), start=6)
    third = hand_in(later.checkout(), "discussion", date(2018, 2, 19), FEB)
    first = hand_in(team.checkout(0), "discussion", date(2018, 2, 19), FEB)
    second = hand_in(team.checkout(1), "contribution", date(2018, 2, 19), FEB)
    client = entered(team.trainer)
    assert [row.pk for row, _name, _due in client.get("/review/").context["lines"]] == [first.pk, second.pk, third.pk]
    narrowed = client.get("/review/?exercise=discussion")
    assert [row.pk for row, _name, _due in narrowed.context["lines"]] == [first.pk, third.pk]
    assert [row.pk for row, _n, _d in client.get("/review/?exercise=%00dancing").context["lines"]] == [
        first.pk,
        second.pk,
        third.pk,
    ]
    values = {"result": "passed", "confirmed_on": "2018-02-19", "feedback": "well done"}
    answer = client.post(f"/review/{first.pk}/?exercise=discussion", values)
    assert answer["Location"] == f"/review/{third.pk}/?exercise=discussion"
    assert client.post(f"/review/{third.pk}/?exercise=discussion", values)["Location"] == "/review/?exercise=discussion"
    first.refresh_from_db()
    assert (first.state, first.feedback, first.reviewed_by) == ("passed", "well done", team.trainer)


def test_a_result_that_ends_the_checkout_is_read_before_it_is_saved() -> None:
    team = Team(1)
    row = hand_in(team.checkout(), "discussion", date(2018, 2, 19), FEB)
    client, path = entered(team.trainer), f"/review/{row.pk}/"
    assert "Say why: the trainee reads it" in text_of(client.post(path, {"result": "failed", "confirmed_on": "2018-02-19"}))
    values = {"result": "failed", "confirmed_on": "2018-02-19", "feedback": "copied"}
    answer = client.post(path, values)
    assert "A failed exercise closes the checkout" in text_of(answer)
    assert team.checkout().state == CheckoutState.UNDER_WAY
    assert client.post(path, {**values, "seen": answer.context["warning"].sentence}).status_code == 302
    assert team.checkout().state == CheckoutState.FAILED
    assert "does not wait for a review any more" in text_of(client.get(path))
    assert "does not wait for a review any more" in text_of(client.post(path, {**values, "result": "passed"}))


def test_nobody_reviews_their_own_work() -> None:
    team = Team(1)
    person = team.places[0].person
    Person.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    person.refresh_from_db()
    row = hand_in(team.checkout(), "discussion", date(2018, 2, 19), FEB)
    client = entered(person)
    assert client.get("/review/").context["lines"] == []
    assert "somebody else reviews it" in text_of(client.get(f"/review/{row.pk}/"))
    client.post(f"/review/{row.pk}/", {"result": "passed", "confirmed_on": "2018-02-19"})
    row.refresh_from_db()
    assert row.state == SubmissionState.SUBMITTED


# sessions


def looked(client: Client, people: str, **more: object) -> Any:
    values = {"exercise": "discussion", "done_on": "2018-02-19", "people": people, "do": "look", **more}
    return client.post("/review/session/", values)


def test_a_session_is_recorded_by_names_and_addresses_after_a_look() -> None:
    team = Team(6)
    waiting = hand_in(team.checkout(0), "discussion", date(2018, 2, 18), FEB)
    review(hand_in(team.checkout(2), "discussion", date(2018, 2, 18), FEB), team, SubmissionState.PASSED, date(2018, 2, 18), FEB)
    people = "\n".join(
        [
            "Ana Silva",
            "bjorn AKESSON",
            "Chidi Okafor <trainee-2@example.org>",
            "Nobody Known",
            "trainee-3@EXAMPLE.org",
            "ana  silva",
            "",
        ]
    )
    client = entered(team.trainer)
    lines = looked(client, people).context["lines"]
    assert [(line.certain, [m.checkout.place_id for m in line.matches]) for line in lines] == [
        (True, [team.places[0].pk]),
        (True, [team.places[1].pk]),
        (False, [team.places[2].pk]),
        (False, []),
        (True, [team.places[3].pk]),
        (False, [team.places[0].pk]),
    ]
    assert [line.problem for line in lines] == [
        "",
        "",
        "This exercise is passed already.",
        "nobody whose exercises were open on that day goes by this name or address",
        "",
        "stands on the list already",
    ]
    assert Submission.objects.filter(state="passed").count() == 1
    ticked = [team.checkout(number).pk for number in (0, 1, 2, 3, 5)]  # 2 is passed already, 5 is not on the list
    assert looked(client, people, do="record", checkout=ticked, feedback="good talk").status_code == 302
    passed = Submission.objects.filter(state="passed", feedback="good talk").order_by("checkout__place")
    assert [row.checkout.place_id for row in passed] == [team.places[n].pk for n in (0, 1, 3)]
    waiting.refresh_from_db()
    assert (waiting.done_on, waiting.confirmed_on) == (date(2018, 2, 18), date(2018, 2, 19))


def test_two_people_of_one_name_are_told_apart_by_who_looks() -> None:
    team = Team(2)
    Place.objects.filter(pk=team.places[1].pk).update(name="Ana Silva")
    client = entered(team.trainer)
    line = looked(client, "Ana Silva").context["lines"][0]
    assert (line.certain, len(line.matches)) == (False, 2)
    assert "Nobody is ticked" in text_of(looked(client, "Ana Silva", do="record"))
    looked(client, "Ana Silva", do="record", checkout=[team.checkout(1).pk])
    assert [row.checkout.place_id for row in Submission.objects.filter(state="passed")] == [team.places[1].pk]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Ana Silva", ("ana silva", "")),
        ("Silva-Souza, Ana <ana@example.org>;", ("silva souza ana", "ana@example.org")),
        ("ana@example.org.", ("", "ana@example.org")),
        ("Björn Åkesson", ("bjorn akesson", "")),
        ("فاطمة الزهراء", ("فاطمة الزهراء", "")),
        ("   ", ("", "")),
        ("@@@", ("", "@@@")),
    ],
)
def test_a_line_holds_a_name_an_address_or_both(line: str, found: tuple[str, str]) -> None:
    assert split_line(line) == found


def test_a_session_of_a_day_after_the_due_date_finds_nobody() -> None:
    Team(1)
    lines = match_people("Ana Silva", exercise="discussion", done_on=date(2018, 5, 2), now=day(date(2018, 5, 3)))
    assert [line.matches for line in lines] == [()]


# admin


def pressed(client: Client, path: str, **values: str) -> Any:
    form = client.get(path)
    assert form.status_code == 200
    return client.post(path, {**values, "once": form.context["once"]})


def test_staff_extend_close_reopen_and_record_by_buttons() -> None:
    team, client = Team(1), entered(StaffFactory())
    base = f"/admin/certification/checkout/{team.checkout().pk}"
    assert pressed(client, f"{base}/do/extend/", to="2018-06-01", why="ill").status_code == 302
    assert pressed(client, f"{base}/do/record/", exercise="discussion", done_on="2018-02-19", why="by mail").status_code == 302
    assert pressed(client, f"{base}/do/close/", why="left the university").status_code == 302
    assert (team.checkout().state, team.checkout().due_on) == (CheckoutState.CLOSED, date(2018, 6, 1))
    assert "can be closed" not in text_of(client.get(f"{base}/change/"))
    assert pressed(client, f"{base}/do/reopen/", why="is back", to="2018-07-01").status_code == 302
    assert (team.checkout().state, team.checkout().due_on) == (CheckoutState.UNDER_WAY, date(2018, 7, 1))
    letters = list(Notice.objects.filter(letter="certification.changed").order_by("pk").values_list("context__what", flat=True))
    assert letters == ["extended", "closed", "reopened"]


def test_staff_extend_those_confirmed_late_in_bulk_and_let_one_go() -> None:
    team, client = Team(3, confirmed_at=datetime(2018, 2, 20, 18, tzinfo=UTC)), entered(StaffFactory())
    other = Team(1, starts_on=date(2018, 2, 6), start=6)
    listed = client.get("/admin/certification/checkout/?late=offered")
    assert [row.place_id for row in listed.context["cl"].queryset.order_by("pk")] == [place.pk for place in team.places]
    base = f"/admin/certification/checkout/{team.checkout(2).pk}"
    assert pressed(client, f"{base}/do/let-go/", why="had the room").status_code == 302
    ids = [row.pk for row in Checkout.objects.order_by("pk")]
    client.post("/admin/certification/checkout/", {"action": "give_late_selected", "_selected_action": ids})
    dues = [row.due_on for row in Checkout.objects.order_by("pk")]
    assert dues == [date(2018, 5, 21), date(2018, 5, 21), DUE, other.checkout().first_due_on]


def test_staff_open_a_checkout_by_hand_where_a_pass_has_none() -> None:
    team, client = Team(2), entered(StaffFactory())
    Checkout.objects.filter(place=team.places[0].pk).delete()
    form = client.get("/admin/certification/checkout/add/")
    assert list(form.context["form"].fields["place"].queryset) == [team.places[0]]
    values = {"place": team.places[0].pk, "once": form.context["once"]}
    assert client.post("/admin/certification/checkout/add/", values).status_code == 302
    assert team.checkout(0).due_on == DUE


@pytest.mark.parametrize("handed", [1, 3])
def test_a_page_takes_the_same_queries_whatever_was_handed_in(handed: int, django_assert_max_num_queries: Any) -> None:
    team = Team(3)
    for number in range(handed):
        for code in CODES:
            hand_in(team.checkout(number), code, date(2018, 2, 19), FEB, notes="once more")
    trainee, trainer, coordinator = (entered(one) for one in (team.places[0].person, team.trainer, team.coordinator))
    with django_assert_max_num_queries(9):
        trainee.get(f"/checkouts/{team.places[0].pk}/")
    with django_assert_max_num_queries(9):
        trainer.get("/review/")
    with django_assert_max_num_queries(12):
        coordinator.get(f"/bookings/{team.booking.pk}/")
    with django_assert_max_num_queries(12):
        trainee.get("/")
