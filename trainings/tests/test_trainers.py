"""Who trains: whoever is named for a training or taken off it is told, once, and as long as it is still to come."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.merging import merge_people, preview
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.people_requests import forget
from carpentries_portal.tests.test_admin import BACKEND, button, send, token
from memberships.factories import EPOCH, MembershipFactory, StaffFactory
from trainings.actions import (
    UnableToMoveTraining,
    UnableToNameTrainers,
    UnableToRetire,
    add_trainer,
    bring_back,
    cancel_training,
    move_training,
    retire,
    set_trainers,
)
from trainings.actions.trainings import Schedule
from trainings.admin_forms import TrainersForm, TrainingForm
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Trainer, Training, TrainingTrainer
from trainings.tests.ics_reader import read_ics

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def nora() -> Trainer:
    return TrainerFactory(name="Nora Weiss", email="nora@example.org")


@pytest.fixture
def omar() -> Trainer:
    return TrainerFactory(name="Omar Haddad", email="omar@example.org")


def name(training: Training, *trainers: Trainer, why: str = "", now: datetime = NOW) -> Any:
    return set_trainers(training=training, trainers=trainers, by=None, now=now, why=why)


def post(now: datetime = NOW) -> list[EmailMultiAlternatives]:
    """What leaves now."""
    mail.outbox.clear()
    delivery.deliver_due(now=now)
    assert not Notice.objects.filter(state="failed").exists()
    return list(mail.outbox)


def heard(now: datetime = NOW) -> list[tuple[str, str]]:
    return [(letter.to[0].split("@")[0], letter.subject) for letter in post(now)]


def text(letter: EmailMultiAlternatives) -> str:
    return re.sub(r"/enter/[\w-]{43}/", "/enter/TOKEN/", str(letter.body))


def followed(letter: EmailMultiAlternatives) -> str:
    found = re.search(r"http://[^/\s]+(/enter/\S+)", letter.body)
    assert found
    return Client().post(found[1], follow=True).redirect_chain[-1][0]


def calendar(letter: EmailMultiAlternatives) -> Any:
    return read_ics(str(letter.attachments[0][1]).encode())


YES, NO = "You train on 12–13 Mar 2018, Chicago time", "You need not train on 12–13 Mar 2018, Chicago time"


def test_who_is_named_with_the_training_reads_when_with_whom_and_what_comes(nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory(trainers=[nora, omar])
    BookingFactory(training=training, membership=MembershipFactory(), seats=9)
    first, second = post(NOW)
    assert ((first.to, second.to), first.subject) == ((["nora@example.org"], ["omar@example.org"]), YES)
    assert text(first) == (
        """\
You train on 12–13 Mar 2018, Chicago time. Reply if you cannot.

See the training:
http://localhost:8000/enter/TOKEN/

Hello Nora,

You were named as a trainer of this training:
  - Mon 12 Mar 2018, 9:00-17:00 Chicago time
  - Tue 13 Mar 2018, 9:00-17:00 Chicago time

With you: Omar Haddad. 9 seats are booked so far. The last day to sign up: Mon 12 Feb 2018, end of day Chicago time (in 33 days).

Its page has the agenda, the link to the videoconference, who comes from which site, and on the days the roll call. (rule R24)

A week before you get another letter, and one after the last day: then you confirm who was there. The attached calendar file puts the days into your calendar.

--
Questions? Just reply. It goes to instructor.training@example.org.
Instructor training, for members of The Carpentries
"""
    )
    assert followed(first) == f"/trainings/{training.code}/"
    assert (calendar(first).properties["METHOD"], len(calendar(first).events)) == ("PUBLISH", 2)


def test_who_is_taken_off_reads_why_and_the_days_leave_the_calendar(nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory(trainers=[nora])
    post()
    done = name(training, omar, why="Omar speaks Spanish, as the team asked.")
    assert (done.new, done.gone, done.over) == ([omar], [nora], False)
    letters = {letter.to[0]: letter for letter in post()}
    assert {to: letter.subject for to, letter in letters.items()} == {"omar@example.org": YES, "nora@example.org": NO}
    kinds = set(Notice.objects.values_list("letter", flat=True))
    assert kinds == {"trainings.trainer_assigned", "trainings.trainer_removed"}
    assert "WHY\nOmar speaks Spanish, as the team asked.\n" in text(letters["nora@example.org"])
    assert "So far nobody else is named. No team is booked yet." in text(letters["omar@example.org"])
    assert calendar(letters["nora@example.org"]).properties["METHOD"] == "CANCEL"
    entry = JournalEntry.objects.filter(what="trainers_named").latest("pk")
    assert entry.why == "Trained by: Omar Haddad. Omar speaks Spanish, as the team asked."
    about = set(entry.subjects.filter(label="trainings.trainer").values_list("object_id", flat=True))
    assert about == {nora.pk, omar.pk}  # what is told of either shows it


def test_who_never_heard_of_it_hears_nothing_and_who_knows_hears_what_is_true(nora: Trainer) -> None:
    training = TrainingFactory(trainers=[nora])
    name(training)
    assert heard() == []
    name(training, nora)
    assert heard() == [("nora", YES)]
    name(training)
    name(training, nora)  # the word that she does not has not left: she is told that she does
    name(training)  # and this she must hear, though the last word waits too
    assert heard() == [("nora", NO)]


def test_what_waits_for_a_trainer_about_the_training_is_taken_back_and_others_keep_theirs(nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory(trainers=[nora, omar])
    post()
    schedule = Schedule(date(2018, 4, 9), date(2018, 4, 10), training.starts, training.ends, training.zone)
    move_training(training_id=training.pk, schedule=schedule, why="The room.", by=StaffFactory(), now=NOW)
    name(training, omar)
    assert heard() == [
        ("omar", "New dates: the training of 12–13 Mar 2018 is on 9–10 Apr 2018, Chicago time"),
        ("nora", "You need not train on 9–10 Apr 2018, Chicago time"),
    ]


def test_nothing_changed_is_not_journaled_and_tells_nobody(nora: Trainer) -> None:
    training = TrainingFactory(trainers=[nora])
    post()
    lines = JournalEntry.objects.count()
    done = name(training, nora)
    assert (done.new, done.gone, JournalEntry.objects.count(), heard()) == ([], [], lines, [])


@pytest.mark.parametrize("case", ["cancelled", "over"])
def test_when_it_is_over_who_trained_is_put_right_without_letters(nora: Trainer, omar: Trainer, case: str) -> None:
    training, now = TrainingFactory(trainers=[nora]), NOW
    if case == "cancelled":
        cancel_training(training_id=training.pk, why="Ill.", by=None, now=NOW)
    else:
        now = training.ends_at
    post(now)
    done = name(training, omar, now=now)
    assert (done.over, heard(now), training.training_trainers.get().trainer) == (True, [], omar)
    assert name(TrainingFactory(starts_on=date(2018, 3, 14), trainers=[nora]), omar, now=EPOCH).over is False


@pytest.mark.parametrize("gone", [True, False])
def test_a_letter_that_is_untrue_when_it_would_leave_does_not(nora: Trainer, omar: Trainer, *, gone: bool) -> None:
    training = TrainingFactory(trainers=[nora])
    if gone:
        post()
        name(training, omar)
    cancel_training(training_id=training.pk, why="Ill.", by=None, now=NOW)
    assert [subject for _to, subject in heard() if subject in {YES, NO}] == []


# the button


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(StaffFactory(name="Ines Moreau"), backend=BACKEND)
    return client


def shown(desk: Client, path: str, **values: Any) -> str:
    """What the page says of these values, before anything is done."""
    page = desk.post(path, {**values, "once": token(desk.get(path).content.decode())}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("&lt;", "<").replace("&gt;", ">")


def test_the_button_says_who_comes_who_goes_who_is_elsewhere_and_who_is_told(desk: Client, nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory(trainers=[nora])
    TrainingFactory(starts_on=date(2018, 3, 13), trainers=[omar])
    post()
    page = shown(desk, button(training, "trainers"), trainers=[omar.pk], why="")
    for said in (
        "Omar Haddad is new.",
        "Nora Weiss trains there no longer.",
        "Omar Haddad trains on these days already, 13–14 Mar 2018.",
        "trainer, who is to train there (1): omar@example.org",
        "trainer, who trained there (1): nora@example.org",
    ):
        assert said in page
    assert (training.training_trainers.get().trainer, heard()) == (nora, [])
    assert "Nobody trains at it then." in shown(desk, button(training, "trainers"), why="")
    assert "They train at it already: nothing changes." in shown(desk, button(training, "trainers"), trainers=[nora.pk], why="")
    assert send(desk, button(training, "trainers"), trainers=[omar.pk], why="")[0]
    assert sorted(heard()) == [("nora", NO), ("omar", YES)]


def test_a_training_that_is_over_tells_nobody_and_says_so(desk: Client, nora: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    training = TrainingFactory(trainers=[])
    monkeypatch.setattr(clock, "now", lambda: training.ends_at + timedelta(hours=1))
    page = shown(desk, button(training, "trainers"), trainers=[nora.pk], why="")
    assert "No letter leaves: there is nobody to tell." in page


def test_people_who_were_merged_are_told_once(nora: Trainer) -> None:
    """The letter goes to the address in use of whoever trains now."""
    training = TrainingFactory(trainers=[])
    Person.objects.filter(pk=nora.person_id).update(email="n.weiss@example.org", email_key="n.weiss@example.org")
    name(training, Trainer.objects.get(pk=nora.pk))
    assert [letter.to for letter in post()] == [["n.weiss@example.org"]]


# who trains no more


def press(who: Trainer, name: str, **values: Any) -> str:
    """Staff's button on a trainer's page; what the page says after it."""
    client = Client()
    client.force_login(StaffFactory(), backend=BACKEND)
    path = f"/admin/trainings/trainer/{who.pk}/do/{name}/"
    return client.post(path, {**values, "once": token(client.get(path).content.decode())}, follow=True).content.decode()


def offered(training: Training) -> set[str]:
    """The names that the forms of staff offer: for this training, and for a new one."""
    return {str(row) for form in (TrainersForm(training=training), TrainingForm()) for row in form.fields["trainers"].queryset}


def test_who_is_retired_is_offered_nowhere_and_trains_again_after_being_brought_back(nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory(starts_on=date(2018, 3, 12))
    name(training, omar)
    assert "Done: Retire." in press(nora, "retire", why="Moved on.")
    assert offered(training) == {"Omar Haddad"}
    line = JournalEntry.objects.get(what="trainer_retired")
    assert (line.why, {subject.label for subject in line.subjects.all()}) == ("Moved on.", {"trainings.trainer", "common.person"})
    with pytest.raises(UnableToNameTrainers, match="Nora Weiss is retired"):
        name(training, omar, nora)
    assert [row.trainer for row in training.training_trainers.all()] == [omar]
    with pytest.raises(UnableToRetire, match="retired already"):
        retire(trainer_id=nora.pk, why="Again.", by=StaffFactory(), now=NOW)
    assert "Done: Trains again." in press(nora, "bring-back")
    assert offered(training) == {"Nora Weiss", "Omar Haddad"}
    name(training, omar, nora)
    with pytest.raises(UnableToRetire, match="not retired"):
        bring_back(trainer_id=nora.pk, by=StaffFactory(), now=NOW)


def test_who_is_named_at_a_training_to_come_is_not_retired(nora: Trainer) -> None:
    training, over = TrainingFactory(starts_on=date(2018, 3, 12)), TrainingFactory(starts_on=date(2018, 1, 8))
    name(training, nora)
    name(over, nora)
    said = press(nora, "retire", why="Moved on.")
    assert "Nora Weiss is named at trainings to come (12–13 Mar 2018, Chicago): name others there first." in said
    nora.refresh_from_db()
    assert nora.retired_at is None
    name(training)
    assert "Done: Retire." in press(nora, "retire", why="Moved on.")
    assert [row.trainer for row in over.training_trainers.all()] == [nora]  # what they trained stays theirs
    assert offered(over) == {"Nora Weiss"}


def test_a_retired_trainer_reviews_no_work_and_keeps_their_own_roll_call(nora: Trainer) -> None:
    over = TrainingFactory(starts_on=date(2018, 1, 8))
    name(over, nora)
    client = Client()
    client.force_login(nora.person, backend=BACKEND)
    paths = ["/review/", f"/trainings/{over.code}/attendance/"]
    assert [client.get(path).status_code for path in paths] == [200, 200]
    retire(trainer_id=nora.pk, why="Moved on.", by=StaffFactory(), now=over.ends_at)
    assert [client.get(path).status_code for path in paths] == [404, 200]


def test_who_is_forgotten_trains_no_more_is_named_nowhere_and_is_not_brought_back(nora: Trainer) -> None:
    held = TrainingFactory(starts_on=date(2017, 11, 6), trainers=[nora], now=datetime(2017, 8, 1, tzinfo=UTC))
    forget(person_id=nora.person_id, keep_verifiable=False, why="Nora Weiss asked.", by=StaffFactory(), now=NOW)
    nora.refresh_from_db()
    assert (nora.retired_at, list(Trainer.objects.active())) == (NOW, [])
    assert JournalEntry.objects.get(what="trainer_retired").why == "The person was forgotten."
    training = TrainingFactory()
    with pytest.raises(UnableToNameTrainers, match="Somebody who was chosen was forgotten: choose again"):
        name(training, nora)
    with pytest.raises(UnableToRetire, match="This person was forgotten: no letter would reach them"):
        bring_back(trainer_id=nora.pk, by=StaffFactory(), now=NOW)
    assert [row.trainer for row in TrainingTrainer.objects.all()] == [nora]  # what they trained stays
    assert TrainingTrainer.objects.get().training == held


def test_who_is_forgotten_and_was_retired_before_keeps_that_day_and_is_offered_no_button(desk: Client, nora: Trainer) -> None:
    before = NOW - timedelta(days=9)
    retire(trainer_id=nora.pk, why="Moved on.", by=StaffFactory(), now=before)
    path = f"/admin/trainings/trainer/{nora.pk}/change/"
    assert "/do/bring-back/" in desk.get(path).content.decode()
    forget(person_id=nora.person_id, keep_verifiable=False, why="Asked.", by=StaffFactory(), now=NOW)
    nora.refresh_from_db()
    assert (nora.retired_at, JournalEntry.objects.filter(what="trainer_retired").count()) == (before, 1)
    assert "/do/bring-back/" not in desk.get(path).content.decode()


def test_a_trainer_whose_row_is_gone_is_not_named(nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory()
    seen = preview(nora.person, omar.person).seen
    merge_people(kept_id=nora.person_id, merged_id=omar.person_id, why="The same.", seen=seen, by=StaffFactory(), now=NOW)
    with pytest.raises(UnableToNameTrainers, match="two people were merged"):
        name(training, omar)


def test_who_is_added_again_trains_again(nora: Trainer) -> None:
    retire(trainer_id=nora.pk, why="Moved on.", by=StaffFactory(), now=NOW)
    again = add_trainer(email="nora@example.org", name="N. Weiss", by=StaffFactory(), now=NOW)
    assert (again, again.retired_at, str(again)) == (nora, None, "Nora Weiss")
    assert JournalEntry.objects.filter(what="trainer_back").count() == 1


@pytest.mark.parametrize(("kept", "merged", "trains"), [(True, False, True), (False, True, True), (True, True, False)])
def test_of_two_who_are_merged_one_who_trains_trains(nora: Trainer, omar: Trainer, kept: bool, merged: bool, trains: bool) -> None:
    for trainer, retired in ((nora, kept), (omar, merged)):
        if retired:
            retire(trainer_id=trainer.pk, why="Moved on.", by=StaffFactory(), now=NOW)
    seen = preview(nora.person, omar.person).seen
    merge_people(kept_id=nora.person_id, merged_id=omar.person_id, why="The same.", seen=seen, by=StaffFactory(), now=NOW)
    assert list(Trainer.objects.active().values_list("pk", flat=True)) == ([nora.pk] if trains else [])


def test_the_page_of_a_trainer_says_what_they_train_and_the_list_who_still_does(nora: Trainer, omar: Trainer) -> None:
    training, cancelled = TrainingFactory(starts_on=date(2018, 3, 12)), TrainingFactory(starts_on=date(2018, 4, 9))
    name(training, nora)
    name(cancelled, nora)
    cancel_training(training_id=cancelled.pk, why="Nobody comes.", by=StaffFactory(), now=NOW)
    retire(trainer_id=omar.pk, why="Moved on.", by=StaffFactory(), now=NOW)
    client = Client()
    client.force_login(StaffFactory(), backend=BACKEND)
    page = client.get(f"/admin/trainings/trainer/{nora.pk}/change/").content.decode()
    assert "Trainings: 2" in page
    assert page.index(str(cancelled)) < page.index(str(training))
    assert f'href="/admin/trainings/training/{training.pk}/change/"' in page
    lists = {which: client.get(f"/admin/trainings/trainer/?retired={which}").content.decode() for which in ("no", "yes")}
    found = {which: {who for who in ("Nora Weiss", "Omar Haddad") if who in page} for which, page in lists.items()}
    assert found == {"no": {"Nora Weiss"}, "yes": {"Omar Haddad"}}


def test_a_training_that_did_not_take_place_is_not_moved_with_a_trainer_who_has_retired_since(nora: Trainer, omar: Trainer) -> None:
    training = TrainingFactory(starts_on=date(2018, 1, 8))
    name(training, nora)
    retire(trainer_id=nora.pk, why="Moved on.", by=StaffFactory(), now=training.ends_at)
    later = Schedule(
        starts_on=date(2018, 5, 7), ends_on=date(2018, 5, 8), starts=training.starts, ends=training.ends, zone=training.zone
    )
    values = {"training_id": training.pk, "schedule": later, "why": "It snowed.", "by": StaffFactory(), "now": training.ends_at}
    with pytest.raises(UnableToMoveTraining, match="Nora Weiss is retired: name others there first"):
        move_training(**values)
    name(training, omar)
    move_training(**values)


@pytest.mark.parametrize("number", ["999999999999999999999999999999", "0", "x"])
def test_a_number_that_no_trainer_has_is_said_at_the_field(nora: Trainer, number: str) -> None:
    training = TrainingFactory(trainers=[nora])
    form = TrainersForm({"trainers": [number]}, training=training)
    assert not form.is_valid()
    assert list(form.errors) == ["trainers"]


def test_of_a_trainer_whose_row_is_gone_the_button_says_so() -> None:
    with pytest.raises(UnableToRetire, match="another row now"):
        retire(trainer_id=987654, why="Moved on.", by=StaffFactory(), now=NOW)
