"""The demo's picture around today: real organizations and trainings, moved in time by whole weeks; invented people.

Everything is done by the actions, on the day on which it would have been done, with the nightly run in between, so that
ledger, journal and letters are true. The same for the same date.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from carpentries_portal.common.dates import days_between
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.people import find_or_add_person
from carpentries_portal.demo import cast, certificates, report
from carpentries_portal.demo.asking import ask_staff
from carpentries_portal.demo.happenings import happen
from carpentries_portal.demo.teams import DATA, Step, Teams
from certification.actions import draw_due
from memberships.actions import add_coordinator, add_organization, create_membership
from memberships.agreements_file import AgreementRow, read_agreements
from memberships.models import Membership, Organization
from trainings.actions import add_trainer, announce_training, book, say_demand
from trainings.actions.bookings import Site
from trainings.actions.trainings import Schedule
from trainings.calendar_file import CalendarRow, read_calendar
from trainings.models import Trainer, Training
from trainings.policy import DemandFacts
from trainings.queries import alternatives

PAST_DAYS, COMING_DAYS = 150, 200
MEET = "https://meet.example.org/training-"


def load(*, now: datetime) -> bool:
    """Fill an empty portal. Returns False where there is data already: then nothing is done."""
    if Training.objects.exists() or Membership.objects.exists():
        return False
    with transaction.atomic():
        Picture(now).paint()
    return True


class Picture(Teams):
    """What happened up to today, day by day."""

    def paint(self) -> None:
        begin = self.today - timedelta(days=PAST_DAYS + 420)
        self._people(datetime.combine(begin, time(8), tzinfo=UTC))
        rows, _refused = read_calendar((DATA / "training_calendar_2017_2026.csv").read_bytes(), edition=builtin_2017())
        for row in rows:
            self._plan_training(row)
        agreements, _refused = read_agreements((DATA / "member_agreements_2018.csv").read_bytes())
        for number, agreement in enumerate(agreements):
            self._plan_membership(agreement, number)
        self._plan_one_just_closed(rows)
        self.steps[self.today - timedelta(days=6)].append(self._say_which_dates_would_suit)
        self._plan_one_just_over(rows)
        for day in days_between(begin, self.today):
            at = datetime.combine(day, time(9), tzinfo=UTC)
            for step in self.steps[day]:
                step(min(at, self.now))
            self._end_of(day, at)
        self._decide(self.now - timedelta(hours=1))
        ask_staff(now=self.now)
        report.import_one(now=self.now)
        certificates.one_of_each(staff=Person.objects.get(email=cast.STAFF.email), now=self.now)
        self._post_the_past()

    def _decide(self, at: datetime) -> None:
        staff = Person.objects.get(email=cast.STAFF.email)
        happen(spared=self.set_apart, staff=staff, now=at)

    def _end_of(self, day: date, at: datetime) -> None:
        """The nightly run of the last weeks."""
        if self.today - timedelta(days=60) <= day < self.today:
            runs.run(now=at.replace(hour=12, minute=30))
            draw_due(now=at.replace(hour=12, minute=31), limit=200)

    def _people(self, at: datetime) -> None:
        staff, _new = find_or_add_person(email=cast.STAFF.email, name=cast.STAFF.name, now=at, is_staff=True)
        Person.objects.filter(pk=staff.pk).update(is_superuser=True, zone="Europe/Paris")
        self.trainers = [add_trainer(email=one.email, name=one.name, by=staff, now=at) for one in cast.TRAINERS]

    def _plan_training(self, row: CalendarRow) -> None:
        """A real two-day training, announced when it was listed, at least ten weeks ahead."""
        starts_on = row.starts_on + self.shift
        if (row.ends_on - row.starts_on).days != 1 or any(note.code == "zone-unknown" for note in row.notes):
            return
        if not -PAST_DAYS <= (starts_on - self.today).days <= COMING_DAYS:
            return
        schedule = Schedule(starts_on, row.ends_on + self.shift, row.starts, row.ends, row.zone)
        lead = max((row.starts_on - row.announced_on).days, 70)
        announced = min(starts_on - timedelta(days=lead), self.today)
        trainers = self.dice.sample(self.trainers, 2)

        def announce(at: datetime) -> None:
            training = announce_training(schedule=schedule, by=None, now=at, trainers=trainers, link=MEET + starts_on.isoformat())
            self._plan_roll_call(training, by=trainers[0].person)

        self.steps[announced].append(announce)

    def _plan_one_just_closed(self, rows: list[CalendarRow]) -> None:
        """One training whose sign-up ended a few days ago, with a team and places left: what is refused there can be asked for."""
        days = (self.today + timedelta(days=ahead) for ahead in (26, 25, 24, 23))
        starts_on = next(day for day in days if day.weekday() < 4)
        self._plan_one(rows, starts_on, trainers=self.dice.sample(self.trainers, 2), teams=1)

    def _plan_one_just_over(self, rows: list[CalendarRow]) -> None:
        """One training of the last days, of the trainer who logs in: marked, not confirmed, and a report came in that nobody has matched."""
        days = (self.today - timedelta(days=ago) for ago in (4, 5, 6, 7))
        starts_on = next(day for day in days if day.weekday() < 4)
        self._plan_one(rows, starts_on, trainers=self.trainers[:2], teams=2)

    def _plan_one(self, rows: list[CalendarRow], starts_on: date, *, trainers: list[Trainer], teams: int) -> None:
        """A training with these teams alone."""
        row = next(row for row in rows if row.starts_on == date(2018, 3, 12))
        schedule = Schedule(starts_on, starts_on + timedelta(days=1), row.starts, row.ends, row.zone)
        announced: list[Training] = []

        def announce(at: datetime) -> None:
            link = MEET + starts_on.isoformat()
            announced.append(announce_training(schedule=schedule, by=None, now=at, trainers=trainers, link=link))
            self.set_apart.append(announced[0].pk)
            self._plan_roll_call(announced[0], by=trainers[0].person)

        def take(at: datetime) -> None:
            free = Membership.objects.filter(available__gte=6, starts_on__lte=starts_on, ends_on__gte=starts_on)
            free = free.exclude(organization__name__in=cast.PRINCIPALS).select_related("organization").order_by("pk")
            for number, membership in enumerate(free[:teams]):
                zone, by = membership.organization.zone, self.coordinators[membership.organization_id].person
                site = Site(name="Main Library", room=str(204 + number), zone=zone)
                booking = book(training_id=announced[0].pk, membership_id=membership.pk, seats=6, site=site, by=by, now=at)
                self._plan_names(booking, by=by, on=at.date())

        self.steps[starts_on - timedelta(days=90)].append(announce)
        self.steps[starts_on - timedelta(days=40)].append(take)

    def _say_which_dates_would_suit(self, at: datetime) -> None:
        """A team for which nothing on the calendar suits: staff see its dates when they plan."""
        first, last = self.today + timedelta(days=60), self.today + timedelta(days=100)
        rows = Membership.objects.filter(available__gte=6, starts_on__lte=first, ends_on__gte=last).select_related("organization")
        rows = rows.exclude(organization__name="University of Florida").order_by("pk")
        membership = min(rows, key=lambda row: row.organization.name not in cast.PRINCIPALS)
        wanted = DemandFacts(
            seats=6,
            zone=membership.organization.zone,
            earliest=time(8),
            latest=time(16, 30),
            spans=((first, first + timedelta(days=11)), (last - timedelta(days=11), last)),
        )
        by = self.coordinators[membership.organization_id].person
        note = "Our library is closed on Fridays."
        say_demand(membership_id=membership.pk, wanted=wanted, note=note, by=by, now=at)

    def _plan_membership(self, row: AgreementRow, number: int) -> None:
        """A real agreement, moved in time, and from time to time a team."""
        for term in row.terms:
            starts_on, ends_on = term.starts_on + self.shift, term.ends_on + self.shift
            if ends_on < self.today - timedelta(days=PAST_DAYS) or starts_on > self.today + timedelta(days=90):
                continue
            created = min(max(starts_on, self.today - timedelta(days=PAST_DAYS + 400)), self.today)
            self.steps[created].insert(0, self._creating(row, starts_on, ends_on, number))
            if row.organization == "University of Florida":  # who logs in first has a team on its way, and seats to try with
                self.steps[max(created, self.today - timedelta(days=20))].append(self._booking(row.organization))
            elif row.organization not in cast.PRINCIPALS:
                for _team in range(2):
                    on = created + timedelta(days=self.dice.randrange(5, 200))
                    if on <= self.today - timedelta(days=2):
                        self.steps[on].append(self._booking(row.organization))
            return

    def _creating(self, row: AgreementRow, starts_on: date, ends_on: date, number: int) -> Step:
        def create(at: datetime) -> None:
            zone = self.zones.get(row.organization, "UTC")
            organization = Organization.objects.filter(name=row.organization).first()
            if organization is None:
                organization = add_organization(
                    name=row.organization, other_name=row.other_name, zone=zone, zone_note="Inferred for the demo.", by=None, now=at
                )
                one = cast.PRINCIPALS.get(row.organization) or cast.somebody(number)
                coordinator = add_coordinator(organization=organization, email=one.email, name=one.name, by=None, now=at)
                Person.objects.filter(pk=coordinator.person_id, zone="").update(zone=zone)
                self.coordinators[organization.pk] = coordinator
            seats = 20 if row.level == "platinum" else None
            create_membership(
                organization=organization,
                level=row.level,
                starts_on=starts_on,
                ends_on=ends_on,
                contract_seats=seats,
                by=None,
                now=at,
            )

        return create

    def _booking(self, name: str) -> Step:
        """A team at the first training that fits, found as its coordinator would find it."""

        def take(at: datetime) -> None:
            rows = Membership.objects.select_related("organization", "edition").filter(organization__name=name)
            membership = rows.filter(available__gte=6).order_by("ends_on").first()
            if membership is None:
                return
            zone = membership.organization.zone
            # who logs in has a team at a training and nine seats to try with
            seats = 9 if membership.available >= 15 and name not in cast.PRINCIPALS else 6
            fits = alternatives(membership=membership, seats=seats, site_zone=zone, now=at, exclude=self.set_apart, limit=12)
            if name in cast.PRINCIPALS:  # its list of names is still open
                fits = [offer for offer in fits if offer.training.roster_until > self.today + timedelta(days=2)]
            fits = fits[:4]
            if not fits:
                return
            training = self.dice.choice(fits).training
            by = self.coordinators[membership.organization_id].person
            site = Site(name="Main Library", room=str(self.dice.randrange(100, 400)), zone=zone)
            try:
                booking = book(training_id=training.pk, membership_id=membership.pk, seats=seats, site=site, by=by, now=at)
            except UnableTo:
                return
            self._plan_names(booking, by=by, on=at.date())

        return take

    def _post_the_past(self) -> None:
        """Letters of past days are on record and leave no more; the welcome of those who can log in leaves today."""
        Notice.objects.filter(queued_at__lt=self.now - timedelta(hours=1)).update(
            state=NoticeState.SKIPPED, error="From before the demo began."
        )
        emails = [one.email for one in cast.PRINCIPALS.values()]
        welcome = Notice.objects.filter(letter="memberships.welcome", to_address__in=emails)
        welcome.update(state=NoticeState.QUEUED, error="", due_at=self.now)
