"""Booking seats over HTTP: 8 and 64 clients, all on one training and spread over 100, beside a bare view that does only the writes.

bin/bench booking [--bookings N] [--json]. The bar: at least an eighth of the bare view's rate, p95 under 1.5 s at 64 clients,
at most 25 statements a booking, not one oversold, nobody refused while seats were left.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import time, timedelta
from urllib.parse import urlencode

import psycopg2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carpentries_portal.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import _server
from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import Person
from carpentries_portal.common.testing.session_cookie import session_cookie
from memberships.factories import CoordinatorFactory, MembershipFactory
from memberships.models import Membership
from trainings.factories import TrainingFactory
from trainings.models import Booking, Training
from trainings.queries import booking_verdicts
from trainings.views import fingerprint

SEATS = 6
TOKEN = "b" * 32
ZONE = "America/Chicago"


def coordinators(count: int) -> list[tuple[Membership, str]]:
    """A membership each, and the cookie of its coordinator's session."""
    today, now = clock.now().date(), clock.now()
    found = []
    for n in range(count):
        coordinator = CoordinatorFactory(
            email=f"bench{now.timestamp()}.{n}@example.org", organization__name=f"University {now.timestamp()} {n}"
        )
        membership = MembershipFactory(
            organization=coordinator.organization,
            starts_on=today - timedelta(days=10),
            ends_on=today + timedelta(days=354),
            now=now,
        )
        person = Person.objects.get(pk=coordinator.person_id)
        found.append((membership, f"{session_cookie(person)}; {settings.CSRF_COOKIE_NAME}={TOKEN}"))
    return found


def trainings(count: int, *, bookings: int) -> list[Training]:
    """As many as told, with places for everybody."""
    first = clock.now().date() + timedelta(days=120)
    made = [
        TrainingFactory(starts_on=first + timedelta(days=n), starts=time(9), ends=time(17), zone=ZONE, now=clock.now())
        for n in range(count)
    ]
    Training.objects.filter(pk__in=[row.pk for row in made]).update(capacity=SEATS * bookings)
    return list(Training.objects.filter(pk__in=[row.pk for row in made]).select_related("edition"))


def post(training: Training, membership: Membership, cookie: str) -> _server.Request:
    """What a coordinator's browser sends who has read the page."""
    membership = Membership.objects.select_related("organization", "edition").get(pk=membership.pk)
    verdicts = booking_verdicts(training, membership, seats=SEATS, site_zone=ZONE, now=clock.now())
    seen = fingerprint.of(verdicts, membership.pk, SEATS, ZONE)
    values = {"membership": membership.pk, "seats": SEATS, "site": "Main Library", "room": "1", "site_zone": ZONE, "do": "book"}
    return _server.Request("POST", f"/trainings/{training.code}/book/", urlencode({**values, "seen": seen}), cookie, TOKEN)


def ours(port: int, *, spread: int, clients: int, bookings: int) -> _server.Result:
    places = trainings(spread, bookings=bookings)
    requests = [post(places[n % spread], *who) for n, who in enumerate(coordinators(bookings))]
    result = _server.run(port, requests, clients=clients)
    taken = Booking.objects.filter(training__in=places).aggregate(seats=Sum("seats"))["seats"]
    if taken != SEATS * bookings or set(result.statuses) != {302}:
        raise SystemExit(f"{taken} seats of {SEATS * bookings} were booked; the answers were {result.statuses}")
    return result


def bare(port: int, *, spread: int, clients: int, bookings: int) -> _server.Result:
    subprocess.run([sys.executable, "-m", "bench._bare", str(spread), str(bookings)], check=True, env=without_settings())
    requests = [
        _server.Request("POST", "/book/", urlencode({"course": n % spread + 1, "account": n + 1, "seats": SEATS}))
        for n in range(bookings)
    ]
    result = _server.run(port, requests, clients=clients)
    if set(result.statuses) != {201}:
        raise SystemExit(f"the bare view answered {result.statuses}")
    return result


def statements() -> int:
    """Of one booking, without those of the session and the person."""
    (training,), ((membership, cookie),) = trainings(1, bookings=1), coordinators(1)
    request = post(training, membership, cookie)
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.cookies.load(cookie)
    with CaptureQueriesContext(connection) as seen:
        answer = client.post(
            request.path, request.body, content_type="application/x-www-form-urlencoded", headers={"x-csrftoken": TOKEN}
        )
    if answer.status_code != 302:
        raise SystemExit(f"the booking answered {answer.status_code}")
    return len(seen)


def without_settings() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=400, help="bookings of a round")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    server.cursor().execute("CREATE DATABASE bare")
    server.close()
    rows = []
    with _server.server("carpentries_portal.wsgi") as port, _server.server("bench._bare", DJANGO_SETTINGS_MODULE="") as bare_port:
        for spread in (1, 100):
            for clients in (8, 64):
                how = {"spread": spread, "clients": clients, "bookings": options.bookings}
                yard, mine = bare(bare_port, **how), ours(port, **how)
                rows.append(
                    {
                        **how,
                        "rate": round(mine.rate, 1),
                        "bare": round(yard.rate, 1),
                        "share": round(mine.rate / yard.rate, 3),
                        "p95_s": round(mine.p95, 3),
                    }
                )
    findings = [str(finding) for finding in run_audits()]
    summary = {"statements": statements(), "audit": findings, "rows": rows}
    if options.json:
        print(json.dumps(summary))
        return
    print(f"{'trainings':>9} {'clients':>7} {'bookings/s':>10} {'bare/s':>8} {'share':>6} {'p95 s':>6}   (the bar: 0.125, 1.5 s)")
    for row in rows:
        print(f"{row['spread']:>9} {row['clients']:>7} {row['rate']:>10} {row['bare']:>8} {row['share']:>6} {row['p95_s']:>6}")
    print(
        f"{summary['statements']} statements a booking (the bar: 25); the audit finds {len(findings)} mismatches; {SEATS} seats each, none oversold"
    )


if __name__ == "__main__":
    main()
