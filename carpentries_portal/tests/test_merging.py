"""Two people who are one (P11): everything moves, both histories are kept, what cannot stand twice is refused with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core import mail
from django.db import IntegrityError, models, transaction
from django.test import Client

from carpentries_portal.common import clock, links, merging, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.merging import UnableToMerge, merge_people, preview
from carpentries_portal.common.models import JournalEntry, JournalSubject, Notice, Person, PersonalLink, PortalSession
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.models.own_data import DataRequestKind
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.people import find_or_add_people, find_or_add_person
from carpentries_portal.common.signals import person_merged
from certification.factories import Team, certify
from certification.models import Certificate
from memberships.actions import add_coordinator, remove_coordinator
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Coordinator
from trainees import actions
from trainees.actions import Named
from trainees.factories import name_people
from trainees.models import Place
from trainings.actions import renew_feed
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import CalendarFeed, Trainer, TrainingTrainer

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@pytest.fixture(autouse=True)
def _adds_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    assert [str(finding) for finding in run_audits()] == []


def merge(kept: Person, merged: Person, *, by: Person | None = None, why: str = "They wrote to us.") -> Person:
    seen = preview(Person.objects.get(pk=kept.pk), Person.objects.get(pk=merged.pk)).seen
    return merge_people(kept_id=kept.pk, merged_id=merged.pk, why=why, seen=seen, by=by or StaffFactory(), now=NOW)


def person(email: str, name: str) -> Person:
    return find_or_add_person(email=email, name=name, now=EPOCH)[0]


# every pointer is handled


def fields_that_point_at_a_person() -> set[tuple[type[models.Model], str]]:
    return {
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is Person
    }


def test_every_foreign_key_to_a_person_is_handled_once() -> None:
    handled = list(merging.pointers())
    assert set(handled) == fields_that_point_at_a_person(), "a new pointer belongs in its app's merging.py"
    assert len(handled) == len(set(handled))


def test_a_pointer_of_any_kind_moves() -> None:
    """Each field of `moves` that a row of the story can bear is set to the merged person, one by one; afterwards none points there."""
    team = Team(6)
    certify(team, 0, now=NOW)
    kept, merged = person("kept@example.org", "Ana Silva"), team.places[0].person
    tried = set()
    for part in merging.PARTS:
        for model, field in part.moves:
            row = model._default_manager.order_by("pk").first()
            if row is not None and not model._meta.get_field(field).unique and field not in {"person", "to_person"}:
                model._default_manager.filter(pk=row.pk).update(**{field: merged})
                tried.add((model.__name__, field))
    assert {("Booking", "booked_by"), ("LedgerEntry", "by"), ("JournalEntry", "by"), ("Submission", "reviewed_by")} <= tried
    assert len(tried) >= 12
    merge(kept, merged)
    left = {
        (model.__name__, field)
        for model, field in fields_that_point_at_a_person()
        if model._default_manager.filter(**{field: merged.pk}).exists()
    }
    assert left == set()


# what moves


def test_places_certificate_letters_and_history_are_the_kept_persons() -> None:
    team = Team(6)
    certificate = certify(team, 0, now=NOW)
    old = team.places[0].person
    kept = person("ana@example.com", "Ana Silva")
    journal_before = set(JournalSubject.objects.filter(label="common.person", object_id=old.pk).values_list("entry", flat=True))
    letters = Notice.objects.filter(to_person=old).count()
    assert letters
    merge(kept, old)
    place = Place.objects.get(pk=team.places[0].pk)
    assert (place.person, place.name) == (kept, team.places[0].name)
    assert Certificate.objects.get(pk=certificate.pk).person == kept
    assert Notice.objects.filter(to_person=kept).count() == letters
    assert not Notice.objects.filter(to_key=old.email_key, state=NoticeState.QUEUED).exists()
    found = set(JournalSubject.objects.filter(label="common.person", object_id=kept.pk).values_list("entry", flat=True))
    assert journal_before <= found
    line = JournalEntry.objects.get(what="people_merged")
    assert {(one.label, one.object_id) for one in line.subjects.all()} == {("common.person", kept.pk), ("common.person", old.pk)}
    assert line.why == f"Ana Silva <{old.email}> turned out to be Ana Silva <ana@example.com>. They wrote to us."
    assert line.old["moved"]["places"] == 1
    assert line.old["moved"]["certificates"] == 1


def test_the_preview_counts_what_then_moves_and_changes_nothing() -> None:
    team = Team(6)
    old, kept = team.places[0].person, person("ana@example.com", "Ana Silva")
    links.make_link(person=old, purpose="place", leads_to="/", now=NOW)
    before = {model: list(model._default_manager.order_by("pk").values()) for model, _field in merging.pointers()}
    shown = preview(kept, old)
    assert {model: list(model._default_manager.order_by("pk").values()) for model, _field in merging.pointers()} == before
    moves = dict(shown.moves)
    assert moves["places"] == 1
    assert moves["personal links"] == PersonalLink.objects.filter(person=old).count()
    assert moves["letters"] == Notice.objects.filter(to_person=old).count()
    assert "Checkouts move with their places: 1." in shown.notes
    assert shown.conflicts == ()
    merge(kept, old)
    assert JournalEntry.objects.get(what="people_merged").old["moved"] == moves


def test_who_trains_and_coordinates_in_both_rows_does_so_once() -> None:
    ours = CoordinatorFactory(email="dana@example.org")
    kept = ours.person
    old = add_coordinator(organization=ours.organization, email="dana.old@example.org", name="Dana", by=None, now=EPOCH).person
    elsewhere = CoordinatorFactory(email="dana.old@example.org")
    one, two = TrainingFactory(), TrainingFactory(starts_on=date(2018, 5, 7))
    mine, theirs = Trainer.objects.create(person=kept, added_at=EPOCH), Trainer.objects.create(person=old, added_at=EPOCH)
    for training, trainer in ((one, mine), (one, theirs), (two, theirs)):
        TrainingTrainer.objects.create(training=training, trainer=trainer)
    renew_feed(person=old, now=EPOCH)
    notes = preview(kept, old).notes
    assert f"Both coordinate for {ours.organization}: one row goes on, the other ends." in notes
    assert "The merged person’s private calendar ends: its address opens nothing any more." in notes
    merge(kept, old)
    active = Coordinator.objects.active().filter(person=kept)
    assert {row.organization for row in active} == {ours.organization, elsewhere.organization}
    assert Coordinator.objects.filter(person=kept).count() == 3  # the row that ended is kept too
    assert list(TrainingTrainer.objects.filter(trainer__person=kept).order_by("training").values_list("training", flat=True)) == [
        one.pk,
        two.pk,
    ]
    assert not Trainer.objects.filter(person=old).exists()
    assert not CalendarFeed.objects.exists()


def test_the_same_letter_owed_to_both_leaves_once_and_the_rest_goes_to_the_address_in_use() -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana")
    queued = {"code": "L1", "letter": "common.factor_changed", "context": {"what": "reset"}, "queued_at": NOW, "due_at": NOW}
    for to, occasion in ((kept, "both"), (old, "both"), (old, "alone")):
        Notice.objects.create(to_person=to, to_address=to.email, to_key=to.email_key, occasion=occasion, **queued)
    merge(kept, old)
    delivery.deliver_due(now=NOW)
    assert [message.to for message in mail.outbox] == [["new@example.org"], ["new@example.org"]]
    assert set(Notice.objects.values_list("occasion", "state")) == {("both", "sent"), ("both", "cancelled"), ("alone", "sent")}


def test_what_both_asked_about_their_data_is_answered_once() -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana")
    for one in (kept, old):
        people_requests.ask(person=one, kind=DataRequestKind.CORRECT, text="My name.", now=EPOCH)
    people_requests.ask(person=old, kind=DataRequestKind.FORGET, text="", now=EPOCH)
    merge(kept, old)
    rows = {(row.kind, row.state) for row in kept.data_requests.all()}
    assert rows == {("correct", "asked"), ("correct", "declined"), ("forget", "asked")}


# ways in


def test_the_merged_row_opens_nothing_and_its_address_finds_the_kept_person(client: Client) -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana B")
    path = links.make_link(person=old, purpose="place", leads_to="/", now=NOW)
    client.force_login(old, backend=BACKEND)
    assert client.get("/me/").status_code == 200
    assert PortalSession.objects.get().person == old
    merge(kept, old)
    assert client.get("/me/").status_code == 302
    assert client.get(path).status_code == 404
    assert not PortalSession.objects.filter(person=old).exists()
    assert find_or_add_person(email="OLD@example.org", name="Somebody", now=NOW) == (kept, False)
    assert find_or_add_people({"old@example.org": "A", "new@example.org": "B"}, now=NOW) == {
        "old@example.org": kept,
        "new@example.org": kept,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create_user("old@example.org")


@pytest.mark.django_db(transaction=True)
def test_logging_in_with_the_old_address_sends_the_code_to_the_one_in_use(settings: Any, client: Client) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test-merging"}}
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana B")
    merge(kept, old)
    client.post("/account/login/", {"email": "Old@example.org"})
    delivery.deliver_due(now=NOW)
    assert [message.to for message in mail.outbox] == [["new@example.org"]]
    code = re.search(r"Your code: (\S+)", str(mail.outbox[0].body))
    assert code is not None
    client.post("/account/login/code/confirm/", {"code": code[1]})
    assert client.session["_auth_user_id"] == str(kept.pk)


def test_a_chain_of_merges_leads_to_the_last() -> None:
    first, second, third = person("1@example.org", "Ana"), person("2@example.org", "Ana"), person("3@example.org", "Ana")
    merge(second, first)
    merge(third, second)
    assert [Person.objects.with_email(f"{n}@example.org") for n in (1, 2, 3)] == [third, third, third]
    assert set(EmailAddress.objects.filter(user=third).values_list("email", "primary")) == {
        ("3@example.org", True),
        ("2@example.org", False),
        ("1@example.org", False),
    }


def test_an_address_of_before_can_become_the_address_in_use_again() -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana")
    merge(kept, old)
    people_requests.correct_person(person_id=kept.pk, name="Ana", email="old@example.org", why="Asked.", by=StaffFactory(), now=NOW)
    kept.refresh_from_db()
    assert (kept.email, Person.objects.with_email("new@example.org")) == ("old@example.org", kept)
    assert set(EmailAddress.objects.filter(user=kept).values_list("email", "primary")) == {
        ("old@example.org", True),
        ("new@example.org", False),
    }


def test_whoever_is_forgotten_is_forgotten_under_each_address() -> None:
    kept, old = person("new@example.org", "Ana Silva"), person("old@example.org", "Ana Souza")
    merge(kept, old)
    people_requests.forget(person_id=kept.pk, keep_verifiable=False, why="Asked.", by=StaffFactory(), now=NOW)
    said = (
        str(list(JournalEntry.objects.values()))
        + str(list(Person.objects.values("name", "email")))
        + str(list(Notice.objects.values()))
    )
    assert [word for word in ("Silva", "Souza", "new@example.org", "old@example.org") if word in said] == []


# a list of a team, by an address of before


def test_a_list_with_the_old_address_means_the_kept_person() -> None:
    ours = CoordinatorFactory()
    booking = BookingFactory(
        training=TrainingFactory(), membership=MembershipFactory(organization=ours.organization), by=ours.person, seats=6
    )
    places = list(name_people(booking, 6, by=ours.person))
    kept, old = places[0].person, person("old@example.org", "Ana")
    merge(kept, old)
    people = [Named(n, place.name, place.person.email) for n, place in enumerate(places)]
    people[0] = Named(0, "Ana S.", "OLD@example.org")
    actions.accept_roster(booking_id=booking.pk, people=people, by=ours.person, now=EPOCH)
    standing = Place.objects.active().get(booking=booking, person=kept)
    assert (standing.pk, standing.name) == (places[0].pk, "Ana S.")
    twice = [*people[:5], Named(5, "Ana again", kept.email)]
    with pytest.raises(actions.UnableToChangeRoster, match="stands twice in the list"):
        actions.accept_roster(booking_id=booking.pk, people=twice, by=ours.person, now=EPOCH)


# what is refused


def refused(kept: Person, merged: Person, said: str) -> None:
    before = (Person.objects.filter(merged_into__isnull=False).count(), JournalEntry.objects.count())
    assert any(re.search(said, line) for line in preview(kept, merged).conflicts)
    with pytest.raises(UnableToMerge, match=said):
        merge(kept, merged, by=kept)
    assert (Person.objects.filter(merged_into__isnull=False).count(), JournalEntry.objects.count()) == before


def teams_on(*starts: date) -> list[list[Place]]:
    found = []
    for n, starts_on in enumerate(starts):
        ours = CoordinatorFactory()
        membership = MembershipFactory(organization=ours.organization)
        booking = BookingFactory(training=TrainingFactory(starts_on=starts_on), membership=membership, by=ours.person, seats=6)
        found.append(list(name_people(booking, 6, by=ours.person, start=n * 6)))
    return found


def test_both_on_one_list_or_on_overlapping_days_is_refused_by_p11() -> None:
    one, same_day, next_day, later = teams_on(date(2018, 3, 12), date(2018, 3, 12), date(2018, 3, 13), date(2018, 3, 14))
    refused(one[0].person, one[1].person, r"are both on a list of .*: take one off it first \(P11\)")
    refused(one[0].person, same_day[0].person, r"on overlapping days: take one off it first \(P11\)")
    refused(one[0].person, next_day[0].person, r"on overlapping days: take one off it first \(P11\)")
    merge(one[0].person, later[0].person)
    assert Place.objects.active().filter(person=one[0].person).count() == 2


def test_two_valid_certificates_are_put_before_staff() -> None:
    first, second = Team(6), Team(6, starts_on=date(2018, 2, 6), start=6)
    one = certify(first, 0, now=NOW)
    two = certify(second, 0, now=NOW)
    refused(
        one.person,
        two.person,
        f"{one.number} of .* and {two.number} of .*: the first stays, revoke the second first|the first stays, revoke the second first",
    )


def test_a_request_that_names_one_of_them_is_decided_first() -> None:
    ours = CoordinatorFactory()
    booking = BookingFactory(
        training=TrainingFactory(), membership=MembershipFactory(organization=ours.organization), by=ours.person, seats=6
    )
    places = list(name_people(booking, 6, by=ours.person))
    listed = [*[Named(n, place.name, place.person.email) for n, place in enumerate(places)][1:], Named(9, "Cy", "cy@example.org")]
    late = datetime(2018, 2, 26, 12, tzinfo=UTC)
    actions.ask_changes(booking_id=booking.pk, people=listed, reason="Ill.", by=ours.person, now=late)
    refused(person("a@example.org", "A"), places[0].person, "A request to change the list of .* names one of them: decide it first")
    refused(person("a@example.org", "A"), person("cy@example.org", "Cy"), "names one of them: decide it first")


def test_staff_are_kept_never_merged_away() -> None:
    refused(person("a@example.org", "A"), StaffFactory(name="Ines"), "Ines is staff: keep that row")
    same = person("a@example.org", "A")
    refused(same, same, "This is the same person")


def test_what_has_changed_since_it_was_shown_is_shown_again() -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana")
    seen = preview(kept, old).seen
    links.make_link(person=old, purpose="place", leads_to="/", now=NOW)
    with pytest.raises(UnableToMerge, match="Something has changed since you looked"):
        merge_people(kept_id=kept.pk, merged_id=old.pk, why="x", seen=seen, by=kept, now=NOW)
    with pytest.raises(UnableToMerge, match="Say why"):
        merge(kept, old, why=" ")


def test_a_receiver_that_breaks_leaves_nothing_half_done() -> None:
    team = Team(6)
    kept, old = person("ana@example.com", "Ana"), team.places[0].person

    def breaks(sender: Any, **more: Any) -> None:
        raise ZeroDivisionError

    person_merged.connect(breaks)
    try:
        with pytest.raises(ZeroDivisionError):
            merge(kept, old)
    finally:
        person_merged.disconnect(breaks)
    old.refresh_from_db()
    assert (old.merged_into, old.is_active, Place.objects.filter(person=old).count()) == (None, True, 1)
    assert not JournalEntry.objects.filter(what="people_merged").exists()


# the page


def token(page: str, name: str = "once") -> str:
    found = re.search(rf'name="{name}" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


def desk(by: Person | None = None) -> Client:
    client = Client()
    client.force_login(by or StaffFactory(name="Ines"), backend=BACKEND)
    return client


def test_the_page_shows_what_moves_and_then_does_it_once() -> None:
    team = Team(6)
    old, kept = team.places[0].person, person("ana@example.com", "Ana Silva")
    client = desk()
    path = f"/admin/common/person/{kept.pk}/merge/"
    assert "Merge another person" in client.get(f"/admin/common/person/{kept.pk}/change/").content.decode()
    assert "First you see what moves" in client.get(path).content.decode()
    assert "Nobody here has this address." in client.get(path, {"other": "nobody@example.org"}).content.decode()
    page = client.get(path, {"other": old.email}).content.decode()
    assert re.search(r"<th scope=\"row\">places</th><td>1</td>", page)
    values = {"why": "She wrote.", "once": token(page), "seen": token(page, "seen")}
    assert old.merged_into_id is None
    answer = client.post(f"{path}?other={old.email}", values)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/common/person/{kept.pk}/change/")
    assert client.post(f"{path}?other={old.email}", values).status_code == 302
    assert JournalEntry.objects.filter(what="people_merged").count() == 1
    assert old.email in client.get(f"/admin/common/person/{kept.pk}/change/").content.decode()


def test_the_page_says_what_stands_against_it() -> None:
    [places] = teams_on(date(2018, 3, 12))
    path = f"/admin/common/person/{places[0].person_id}/merge/?other={places[1].person.email}"
    page = desk().get(path).content.decode()
    assert "take one off it first (P11)" in page
    assert "Merge the two" not in page


def test_who_may_not_merge_is_refused() -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana")
    reader = PersonFactory(is_staff=True)
    answer = desk(reader).post(f"/admin/common/person/{kept.pk}/merge/?other={old.email}", {"why": "x"})
    assert answer.status_code == 403
    old.refresh_from_db()
    assert old.merged_into_id is None


def test_coordinating_for_the_merged_row_ends_as_for_the_kept_one() -> None:
    """The kept person coordinates now: they can be removed by staff, and their row is found."""
    ours = CoordinatorFactory(email="dana@example.org")
    kept = person("dana@example.com", "Dana")
    merge(kept, ours.person)
    row = Coordinator.objects.active().get(person=kept)
    remove_coordinator(coordinator=row, by=StaffFactory(), now=NOW, by_staff=True)
    assert not Coordinator.objects.active().filter(person=kept).exists()


def test_second_factors_end_with_the_row() -> None:
    kept, old = person("new@example.org", "Ana"), person("old@example.org", "Ana")
    Authenticator.objects.create(user=old, type="totp", data={"secret": "x"})
    assert "The second factors of the merged person end." in preview(kept, old).notes
    merge(kept, old)
    assert not Authenticator.objects.exists()


def test_a_trainer_of_one_row_trains_as_the_other() -> None:
    trainer = TrainerFactory()
    training = TrainingFactory(trainers=[trainer])
    kept = person("t@example.org", "T")
    merge(kept, trainer.person)
    assert TrainingTrainer.objects.get(training=training).trainer.person == kept
