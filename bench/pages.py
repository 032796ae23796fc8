"""Pages over gunicorn, on the demo's data, beside a bare view of one query and 20 lines on the same gunicorn.

bin/bench pages [--requests N] [--json]. The bar: at most 8 times the bare view's median; at most 12 queries.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from io import StringIO

import psycopg2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carpentries_portal.settings")

import django

django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import _server
from carpentries_portal.common import clock
from carpentries_portal.common.models import Person
from carpentries_portal.demo import cast
from certification.models import Checkout
from trainings.models import Booking

BACKEND = "django.contrib.auth.backends.ModelBackend"
CLIENTS = 2


def cookie_of(person: Person) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), BACKEND
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; zone=Europe/Berlin"


def pages() -> dict[str, tuple[str, Person | None]]:
    """The address of each page, and who looks at it."""
    dana = Person.objects.get(email=cast.DANA.email)
    booking = (
        Booking.objects.confirmed().filter(membership__organization__name="University of Florida").select_related("training")[0]
    )
    checkout = Checkout.objects.under_way().select_related("place__person")[0]
    nora = Person.objects.get(email=cast.TRAINERS[0].email)
    over = (
        Booking.objects.confirmed()
        .filter(training__starts_at__lt=clock.now(), training__training_trainers__trainer__person=nora)
        .select_related("training")
    )
    staff = Person.objects.get(email=cast.STAFF.email)
    return {
        "home": ("/", None),
        "calendar": ("/trainings/", None),
        "training": (f"/trainings/{booking.training.code}/", None),
        "membership": (f"/memberships/{booking.membership_id}/", dana),
        "booking": (f"/bookings/{booking.pk}/", dana),
        "roster": (f"/bookings/{booking.pk}/people/", dana),
        "trainee": (f"/places/{checkout.place_id}/", checkout.place.person),
        "exercises": (f"/checkouts/{checkout.place_id}/", checkout.place.person),
        "roll call": (f"/trainings/{over[0].training.code}/attendance/", nora),
        "desk": ("/admin/", staff),
    }


def queries_of(path: str, cookie: str) -> int:
    client = Client(SERVER_NAME="localhost")
    client.cookies.load(cookie)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    return len(seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200, help="of each page")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("load_demo", stdout=StringIO())
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    server.cursor().execute("CREATE DATABASE bare")
    server.close()
    without = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([sys.executable, "-m", "bench._bare", "100", "1"], check=True, env=without)
    rows = []
    with _server.server("carpentries_portal.wsgi") as port, _server.server("bench._bare", DJANGO_SETTINGS_MODULE="") as bare_port:
        for name, (path, person) in pages().items():
            cookie = cookie_of(person) if person else "zone=Europe/Berlin"
            asked = _server.Request("GET", path, cookie=cookie)
            (
                _server.run(port, [asked] * 10, clients=CLIENTS),
                _server.run(bare_port, [_server.Request("GET", "/page/")] * 10, clients=CLIENTS),
            )
            yard = _server.run(bare_port, [_server.Request("GET", "/page/")] * options.requests, clients=CLIENTS)
            mine = _server.run(port, [asked] * options.requests, clients=CLIENTS)
            if set(mine.statuses) != {200}:
                raise SystemExit(f"{path} answered {mine.statuses}")
            times = round(mine.median / yard.median, 1)
            row = {"page": name, "ms": round(mine.median * 1000, 1), "bare_ms": round(yard.median * 1000, 1), "times": times}
            rows.append({**row, "queries": queries_of(path, cookie)})
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{'page':<12} {'ms':>7} {'bare ms':>8} {'times':>6} {'queries':>8}   (the bar: 8 times, 12 queries)")
    for row in rows:
        print(f"{row['page']:<12} {row['ms']:>7} {row['bare_ms']:>8} {row['times']:>6} {row['queries']:>8}")


if __name__ == "__main__":
    main()
