"""Staff's page of figures: what is counted, its plots without script or style, its tables, who sees it, in constant queries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from carpentries_portal.common.drawing import draw, ticks
from carpentries_portal.common.figures import FIGURES, Kind, Plot, Series
from carpentries_portal.common.models import Person
from carpentries_portal.common.roles import READER
from certification import figures as certified
from certification.actions import revoke_certificate
from certification.factories import Team, certify
from memberships import figures as seats
from memberships.factories import MembershipFactory, PersonFactory, StaffFactory
from trainings import figures as sign_ups
from trainings.actions import cancel_booking
from trainings.factories import BookingFactory, TrainingFactory
from trainings.figures import SignUp

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 6, 20, 12, tzinfo=UTC)
PATH = "/admin/figures/"


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def desk(person: Person | None = None) -> Client:
    client = Client()
    client.force_login(person or StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    return client


# drawing


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (5, [0, 1, 2, 3, 4, 5]),
        (7, [0, 2, 4, 6, 8]),
        (100, [0, 20, 40, 60, 80, 100]),
        (101, [0, 50, 100, 150]),
    ],
)
def test_a_scale_has_a_handful_of_round_numbers(top: int, expected: list[int]) -> None:
    assert ticks(top) == expected


@pytest.mark.parametrize("top", [3, 12, 99, 1234, 56789, 1_000_001])
def test_a_scale_reaches_the_largest_value(top: int) -> None:
    found = ticks(top)
    assert found[0] == 0
    assert found[-1] >= top > found[-2]
    assert len(found) <= 6


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("wide", [True, False])
def test_a_drawing_has_nothing_that_the_policy_forbids_and_says_what_it_shows(kind: Kind, wide: bool) -> None:
    series = (Series("<b>", "used", (1, 2, None)), Series('"&', "line-1", (3, None, None)))
    svg = draw(Plot("t", 'a "plot" of <things>', kind, ("<1>", "2", "3"), series), wide=wide)
    root = ElementTree.fromstring(svg)
    nodes = list(root.iter())
    assert {node.tag.rpartition("}")[2] for node in nodes} <= {"svg", "g", "rect", "path", "circle", "text"}
    assert {name for node in nodes for name in node.attrib if name in {"style", "id", "href"} or name.startswith("on")} == set()
    assert (root.get("role"), root.get("aria-label")) == ("img", 'a "plot" of <things>')
    assert [node.text for node in nodes if node.tag.endswith("text") and node.text][-3:] == ["<1>", "2", "3"]
    assert "&lt;1&gt;" in svg
    assert {"tone-used", "tone-line-1"} <= {word for node in nodes for word in node.get("class", "").split()}


def test_bars_are_as_high_as_their_values() -> None:
    svg = draw(Plot("t", "a", Kind.BARS, ("1", "2"), (Series("x", "used", (10, 5)), Series("y", "gone", (0, 5)))), wide=True)
    bars = [node for node in ElementTree.fromstring(svg).iter() if "rect" in node.get("class", "").split()]
    heights = [float(node.get("height", 0)) for node in bars]
    assert heights == pytest.approx([heights[0], heights[0] / 2, 0, heights[0] / 2])
    assert heights[0] > 200


# what is counted


def test_seats_by_state_per_level_and_year_of_the_start() -> None:
    MembershipFactory(level="gold", starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31))
    MembershipFactory(level="gold", starts_on=date(2018, 3, 1), ends_on=date(2019, 2, 28))
    MembershipFactory(level="silver", starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    booked = MembershipFactory(level="gold", starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31))
    BookingFactory(membership=booked, seats=9)
    figure = seats.seats(NOW)
    assert figure.title == "51 seats since 2017: 0 % used, 0 % forfeited"
    assert figure.table.rows == (
        ("silver 2017", "1", "6", "0", "0", "6", "0", "0", "0", "0"),
        ("gold 2018", "3", "45", "0", "9", "36", "0", "0", "0", "0"),
    )
    silver, gold = figure.plots
    assert (silver.labels, gold.title) == (("2017", "2018"), "gold")
    assert [(one.tone, one.values) for one in gold.series][:3] == [("used", (0, 0)), ("reserved", (0, 9)), ("available", (0, 36))]
    assert {plot.top for plot in figure.plots} == {45}


def test_a_year_that_is_long_gone_is_not_drawn() -> None:
    MembershipFactory(level="gold", starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    assert seats.seats(NOW).plots
    assert seats.seats(datetime(2026, 1, 1, tzinfo=UTC)).plots == ()


def test_sign_ups_fall_into_spans_that_leave_no_day_out() -> None:
    days = range(-40, 400)
    figure = sign_ups.figure_of(SignUp(day, 6, stands=True) for day in days)
    assert sum(figure.plots[0].series[0].values) == len(days) == sum(int(row[1]) for row in figure.table.rows)
    assert [row[:2] for row in figure.table.rows] == [
        ("57 days or more before", "343"),
        ("29 to 56 days before", "28"),
        ("15 to 28 days before", "14"),
        ("8 to 14 days before", "7"),
        ("4 to 7 days before", "4"),
        ("1 to 3 days before", "3"),
        ("on the last day", "1"),
        ("after it, by an exception", "40"),
    ]
    assert figure.table.rows[-1][-1] == "100 %"


@pytest.mark.parametrize(
    ("days", "title"),
    [
        ([0, 10, 30], "Half of the teams book 10 days or more before the cut-off"),
        ([1], "Half of the teams book 1 day or more before the cut-off"),
        ([-3, -2, 5], "Half of the teams book after the cut-off"),
        ([], "Nobody has booked yet for a training whose sign-up is over"),
    ],
)
def test_how_early_half_of_the_teams_book(days: Sequence[int], title: str) -> None:
    assert sign_ups.figure_of(SignUp(day, 6, stands=True) for day in days).title == title


def test_a_sign_up_counts_in_days_of_the_trainings_zone_once_its_sign_up_is_over() -> None:
    """23:30 on the last day in Chicago is the day after in UTC, and still the last day."""
    training = TrainingFactory(starts_on=date(2018, 3, 12), zone="America/Chicago")
    last = datetime(training.sign_up_until.year, training.sign_up_until.month, training.sign_up_until.day, tzinfo=UTC)
    BookingFactory(training=training, seats=7, now=last + timedelta(days=1, hours=5))
    gone = BookingFactory(training=training, seats=6, now=last - timedelta(days=10))
    cancel_booking(booking_id=gone.pk, why="The room is gone.", by=gone.booked_by, now=last - timedelta(days=9))
    BookingFactory(training=TrainingFactory(starts_on=date(2018, 9, 10)), seats=6, now=last)
    rows = {row[0]: row[1:] for row in sign_ups.sign_ups(NOW).table.rows}
    assert rows["on the last day"] == ("1", "7", "0", "100 %")
    assert rows["8 to 14 days before"] == ("1", "6", "1", "50 %")
    assert sum(int(row[0]) for row in rows.values()) == 2


def test_a_cohort_is_known_as_long_as_its_newest_training_is_old() -> None:
    january, march = date(2018, 1, 10), date(2018, 3, 31)
    issued = {(january, date(2018, 1, 10)): 1, (january, date(2018, 3, 1)): 2, (march, date(2018, 5, 30)): 1}
    found = certified.cohorts_of({january: 4, march: 4, date(2018, 4, 1): 5}, issued, today=date(2018, 6, 20))
    assert [(one.label, one.people, one.known_for) for one in found] == [("Apr–Jun 2018", 5, 80), ("Jan–Mar 2018", 8, 81)]
    assert [found[1].share_by(day) for day in (0, 40, 50, 59, 60, 81, 82)] == [12.5, 12.5, 37.5, 37.5, 50, 50, None]
    assert [found[0].share_by(day) for day in (0, 80, 81)] == [0, 0, None]
    figure = certified.figure_of(found)
    assert figure.title == "13 people passed their training; 90 days are not over for any three months yet"
    assert figure.table.rows[1] == ("Jan–Mar 2018", "8", "12 %", "50 %", "–", "–", "–")


@pytest.mark.parametrize(
    ("today", "first"),
    [(date(2018, 6, 20), date(2017, 1, 1)), (date(2018, 1, 1), date(2016, 10, 1)), (date(2018, 12, 31), date(2017, 7, 1))],
)
def test_six_quarters_are_drawn(today: date, first: date) -> None:
    assert certified._first_day(today) == first


def test_certified_counts_who_passed_and_no_certificate_that_was_revoked() -> None:
    team = Team(6)  # its training ended on 31 January
    certify(team, 0, now=datetime(2018, 3, 1, 12, tzinfo=UTC))
    revoked = certify(team, 1, now=datetime(2018, 3, 1, 12, tzinfo=UTC))
    assert certified.certified(NOW).title == "33 % of those who passed in Jan–Mar 2018 were certified after 90 days"
    revoke_certificate(certificate_id=revoked.pk, why="A test.", by=StaffFactory(), now=NOW)
    (row,) = certified.certified(NOW).table.rows
    assert row == ("Jan–Mar 2018", "6", "17 %", "17 %", "17 %", "17 %", "–")


# the page


def test_the_page_has_each_plot_with_its_table_and_the_desk_leads_to_it() -> None:
    certify(Team(2), 0, now=datetime(2018, 3, 1, 12, tzinfo=UTC))
    client = desk()
    assert f'href="{PATH}"' in client.get("/admin/").content.decode()
    page = client.get(PATH).content.decode()
    main = page[page.index('id="content-main"') :]
    assert len(re.findall(r"<h2>", main)) == len(list(FIGURES)) == main.count("<table")
    assert main.count('role="img"') == 3 * 2  # each for wide pages and for phones
    assert not re.search(r"<style|<script|\sstyle=", main.partition("<footer")[0])


def test_without_a_row_the_page_says_so() -> None:
    assert desk().get(PATH).content.decode().count("There is nothing to count yet.") == len(list(FIGURES))


def test_whoever_sees_the_rows_sees_their_figure() -> None:
    reader, limited = PersonFactory(is_staff=True), PersonFactory(is_staff=True)
    reader.groups.add(Group.objects.get(name=READER))
    limited.user_permissions.add(Permission.objects.get(codename="view_booking"))
    assert desk(reader).get(PATH).content.decode().count("night-rule") == len(list(FIGURES))
    page = desk(limited).get(PATH)
    assert (page.status_code, page.content.decode().count("night-rule")) == (200, 1)
    without = desk(PersonFactory(is_staff=True))
    assert without.get(PATH).status_code == 403
    assert PATH not in without.get("/admin/").content.decode()
    assert desk(PersonFactory()).get(PATH).status_code == 302


def test_the_page_asks_as_often_for_many_rows_as_for_few() -> None:
    client = desk()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PATH).status_code == 200
        return len(queries)

    certify(Team(2), 0, now=datetime(2018, 3, 1, 12, tzinfo=UTC))
    asked()  # what the process keeps is there now
    few = asked()
    certify(Team(3, starts_on=date(2018, 4, 10), start=10), 1, now=datetime(2018, 6, 1, 12, tzinfo=UTC))
    MembershipFactory.create_batch(3, level="silver")
    assert asked() == few <= 8
