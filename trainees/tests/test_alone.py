"""R13, R14: where people sit. Another place is flagged; who takes part alone needs an exception, and then has the link on their page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.exceptions import UnableToAsk
from carpentries_portal.common.fields import DayField
from carpentries_portal.common.handbook import ExceptionUsed
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.notices import composing
from memberships.factories import EPOCH, StaffFactory
from trainees import actions, request_queries
from trainees import desk as desk_cards
from trainees.models import Place, PlaceException
from trainees.policy import Seat, takes_part_alone
from trainees.tests.test_pages import NOW, Desk, desk, login, words
from trainings.actions import cancel_training
from trainings.models import Training

pytestmark = pytest.mark.django_db
__all__ = ["desk"]

LINK = "https://meet.example.org/room-7"
LIST = "Ana Silva\tana@example.org\nBo Diddley\tbo@example.org\tremote\nChi Cheng\tchi@example.org\tAnnex\nDi\tdi@example.org\tScience Library"
GIVEN = ExceptionUsed(label="trainees.placeexception", id=1, rule="R14", until=None, seats=None, to_date=None, note="")


@pytest.mark.parametrize(
    ("seat", "given", "answer", "sentence"),
    [
        (Seat("Bo", "Library", "", False), [], "allowed", "Bo sits with the team at Library."),
        (
            Seat("Bo", "Library", "remote", True),
            [],
            "refused",
            "Nobody takes part remotely on their own: Bo needs an exception, or sits with the team at Library.",
        ),
        (Seat("Bo", "Library", "", True), [GIVEN], "allowed", "Bo takes part alone, by an exception."),
    ],
)
def test_r14_on_plain_values(seat: Seat, given: list[ExceptionUsed], answer: str, sentence: str) -> None:
    verdict = takes_part_alone(seat, exceptions=given)
    assert (verdict.answer, verdict.rule, verdict.sentence) == (answer, "R14", sentence)
    assert verdict.exception == (given[0] if given else None)


@pytest.fixture
def team(desk: Desk) -> Desk:
    """Four people, one of them listed as alone, one at another place; the training has its link."""
    desk.accept(LIST)
    Training.objects.update(link=LINK)
    desk.at(NOW + timedelta(hours=2))
    return desk


def bo() -> Place:
    return Place.objects.select_related("person").get(name="Bo Diddley")


def ask(team: Desk, why: str = "Bo is on parental leave.") -> PlaceException:
    team.client.post(f"/places/{bo().pk}/alone/", {"reason": why})
    return PlaceException.objects.latest("pk")


def approve(record: PlaceException, now: datetime = NOW + timedelta(days=1)) -> None:
    exceptions.approve(record, by=StaffFactory(), now=now, until=record.default_until(), note="For once.")


def test_the_list_flags_another_place_and_who_takes_part_alone_and_so_does_the_desk(team: Desk) -> None:
    page = words(team.client.get(team.path).content.decode())
    assert "At Annex: a team sits together in one room (R13)." in page
    assert "Nobody takes part remotely on their own (R14)." in page
    assert page.count("R13)") == 1  # the team's own site is no other place
    (item,) = desk_cards.elsewhere(NOW).items
    assert item.more == "Bo Diddley: alone, without an exception (R14); Chi Cheng: Annex"
    assert desk_cards.elsewhere(team.booking.training.starts_at).items == []


def test_asked_from_the_list_decided_by_staff_and_said_at_each_step(team: Desk) -> None:
    path = f"/places/{bo().pk}/alone/"
    assert path in team.client.get(team.path).content.decode()
    page = words(team.client.get(path).content.decode())
    assert (
        "Nobody takes part remotely on their own: Bo Diddley needs an exception, or sits with the team at Science Library." in page
    )
    assert "This field is required." in words(team.client.post(path, {"reason": " "}).content.decode())
    record = ask(team)
    assert (record.rule, record.place, record.state, record.asked_by) == ("R14", bo(), "asked", team.who)
    assert "Takes part alone: staff have not decided yet (R14)." in words(team.client.get(team.path).content.decode())
    assert "You asked already" in words(team.client.get(path).content.decode())
    again = team.client.post(path, {"reason": "Again."}).content.decode()
    assert (PlaceException.objects.count(), "You asked already" in words(again)) == (1, True)
    assert [item.url for item in desk_cards.to_decide(NOW).items] == [f"/admin/trainees/placeexception/{record.pk}/change/"]
    approve(record)
    page = words(team.client.get(team.path).content.decode())
    assert "Takes part alone, by an exception (R14)." in page
    assert [item.more for item in desk_cards.elsewhere(NOW).items] == ["Chi Cheng: Annex"]
    text = composing.preview(Notice.objects.get(letter="common.exception_decided"), now=NOW)[1]
    assert "It is done: nothing is left for you to do." in text


def test_declined_it_is_said_with_the_reason_and_can_be_asked_again(team: Desk) -> None:
    exceptions.decline(ask(team), by=StaffFactory(), now=NOW + timedelta(days=1), note="Please travel.")
    page = words(team.client.get(f"/places/{bo().pk}/alone/").content.decode())
    assert "Please travel." in page
    assert ask(team, "There is no train.").state == "asked"


def page_of(person: Person, place: Place) -> str:
    return login(person).get(f"/places/{place.pk}/").content.decode()


def test_the_link_stands_on_the_persons_own_page_from_d14_with_the_exception_and_not_without(team: Desk) -> None:
    place, d14 = bo(), datetime(2018, 2, 26, 6, tzinfo=UTC)  # its first minute in Chicago
    team.at(d14)
    page = page_of(place.person, place)
    assert (LINK in page, "Without an exception your place is with your team at Science Library" in words(page)) == (False, True)
    record = ask(team)
    page = words(page_of(place.person, place))
    assert "Your coordinator has asked staff. You get a letter if they agree; until then your place is with your team at" in page
    approve(record, now=d14)
    team.at(d14 - timedelta(microseconds=1))
    page = page_of(place.person, place)
    assert (LINK in page, "The link to test the room is given on Mon 26 Feb 2018" in words(page)) == (False, True)
    team.at(d14)
    page = page_of(place.person, place)
    assert (LINK in page, "For once." in words(page)) == (True, True)
    other = Place.objects.get(name="Ana Silva")
    assert LINK not in page_of(other.person, other)
    PlaceException.objects.update(state="revoked")
    assert LINK not in page_of(place.person, place)


def test_the_person_is_told_and_not_when_it_was_taken_back(team: Desk) -> None:
    record = ask(team)
    approve(record)
    letter = Notice.objects.get(letter="trainees.remote_granted")
    subject, text = composing.preview(letter, now=NOW)
    assert (letter.to_address, subject) == ("bo@example.org", "You may take part on your own: instructor training, 12–13 Mar 2018")
    assert "The link to test the room is given on Mon 26 Feb 2018, Chicago time. It will stand on your page." in text
    PlaceException.objects.update(state="revoked")
    with pytest.raises(Exception, match="taken back"):
        composing.preview(letter, now=NOW)


def test_what_cannot_be_asked_is_refused_with_its_sentence(team: Desk) -> None:
    def asking(place: Place, now: datetime) -> str:
        with pytest.raises(UnableToAsk) as problem:
            actions.ask_remote(place_id=place.pk, reason="far", by=team.who, now=now)
        return str(problem.value)

    begins = team.booking.training.starts_at
    assert asking(Place.objects.get(name="Ana Silva"), NOW) == "Ana Silva sits with the team at Science Library."
    assert asking(bo(), begins) == "The training has begun: where somebody sits cannot be asked for any more."
    approve(ask(team))
    assert asking(bo(), NOW) == "Bo Diddley takes part alone, by an exception."
    cancel_training(training_id=team.booking.training_id, why="ill", by=StaffFactory(), now=NOW)
    assert asking(bo(), NOW) == "Bo Diddley is not on the list any more."


def test_a_request_ends_with_the_place(team: Desk) -> None:
    record = ask(team)
    team.accept(LIST.replace("Bo Diddley\tbo@example.org\tremote\n", ""))
    record.refresh_from_db()
    assert (record.state, record.note) == ("declined", "The place ended: Taken off the list.")
    assert desk_cards.to_decide(NOW).items == []


def test_whoever_has_leave_is_not_flagged_in_the_next_list(team: Desk) -> None:
    approve(ask(team))
    page = words(team.post(listed=LIST + "\nEd\ted@example.org", do="check"))
    assert "Nobody takes part alone (R14)" not in page
    place = bo()
    assert request_queries.alone_verdict(place, now=EPOCH + timedelta(days=30)).exception is not None


def test_staff_grant_nobody_leave_who_is_not_on_the_list(team: Desk) -> None:
    place = bo()
    team.accept(LIST.replace("Bo Diddley\tbo@example.org\tremote\n", ""))
    place.refresh_from_db()
    record = PlaceException(place=place, rule="R14", reason="far", until=NOW + timedelta(days=30))
    with pytest.raises(UnableToAsk, match="Bo Diddley is not on the list any more"):
        exceptions.enter(record, by=StaffFactory(), now=NOW)
    assert not PlaceException.objects.filter(place=place).exists()


def test_staff_are_asked_for_what_leave_to_sit_alone_can_have_and_for_days_that_nobody_mixes_up(team: Desk) -> None:
    record = ask(team)
    staff = StaffFactory(is_superuser=True)
    page = login(staff).get(f"/admin/trainees/placeexception/{record.pk}/do/approve/").content.decode()
    assert [name in page for name in ('name="until"', 'name="note"', 'name="seats"', 'name="to_date"')] == [
        True,
        True,
        False,
        False,
    ]
    values = {"once": re.search(r'name="once" value="([^"]+)"', page)[1], "until": "2018-03-14T00:00", "note": ""}
    login(staff).post(f"/admin/trainees/placeexception/{record.pk}/do/approve/", values)
    record.refresh_from_db()
    assert (record.state, record.until) == ("approved", datetime(2018, 3, 14, tzinfo=UTC))
    date_field = str(DayField(initial=date(2018, 2, 1)).widget.render("to", date(2018, 2, 1)))
    assert ('type="date"' in date_field, 'value="2018-02-01"' in date_field) == (True, True)
