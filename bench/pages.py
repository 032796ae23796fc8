"""Pages over gunicorn, on the demo's data or on years of a busy portal, each beside its yardstick on the same gunicorn in the same run.

bin/bench pages [--requests N] [--volume N] [--only "NAME;NAME"] [--json]

A page's yardstick is a bare view of one query and 20 lines (_bare.py): no session, no middleware, lean on purpose, though each page of ours needs
them. The bar: at most 8 times its median; at most 12 queries. The desk's and an admin list's yardstick is the stock changelist of a plain model,
100 rows (_stock.py). The bar: at most 1.5 times. Connections are kept, as in production (CONN_MAX_AGE), by both.
--volume N makes N memberships, 10 N trainings and 200 N people (N = 1000 for the bar) instead of the demo, in a minute or two, and shows admin's lists.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from io import StringIO
from typing import Any

import psycopg2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carpentries_portal.settings")

import django

django.setup()

from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import _server, _volume
from carpentries_portal.common import clock
from carpentries_portal.common.models import Person
from carpentries_portal.common.testing.session_cookie import session_cookie
from carpentries_portal.demo import cast
from certification.models import Checkout
from trainings.models import Booking

CLIENTS = 2
PIECES = 20
WARM_UP = 100
STOCK_PATH = "/admin/sites/site/"


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


ADMIN = (
    "common/person",
    "common/notice",
    "common/journalentry",
    "memberships/organization",
    "memberships/membership",
    "memberships/ledgerentry",
    "trainings/training",
    "trainings/booking",
    "trainees/place",
    "certification/checkout",
    "certification/certificate",
    "certification/submission",
    "trainees/application",
    "memberships/coordinator",
    "trainings/trainingexception",
    "common/appliedaction",
)


def volume_pages(people: int) -> dict[str, tuple[str, Person | None]]:
    """The same of the made-up years, and admin's lists."""
    one, staff = Person.objects.get(pk=1), Person.objects.get(pk=people)
    shown: dict[str, tuple[str, Person | None]] = {
        "home": ("/", None),
        "calendar": ("/trainings/", None),
        "month": ("/trainings/?view=month", None),
        "training": ("/trainings/training-1/", None),
        "home, own": ("/", one),
        "membership": ("/memberships/1/", one),
        "membership, past": ("/memberships/2/", Person.objects.get(pk=2)),
        "booking": ("/bookings/1/", one),
        "roster": ("/bookings/1/people/", one),
        "trainee": ("/places/1/", one),
        "desk": ("/admin/", staff),
        "search": ("/admin/search/?q=Person+1999", staff),
        "exceptions": ("/admin/exceptions/", staff),
        "why": ("/admin/why/membership/1/", staff),
        "figures": ("/admin/figures/", staff),
    }
    for name in ADMIN:
        app, model = name.split("/")
        if admin.site.is_registered(apps.get_model(app, model)):
            shown[name] = (f"/admin/{name}/", staff)
    return shown


def _prepare(volume: int) -> dict[str, tuple[str, Person | None]]:
    """The portal's data; the pages to ask for."""
    call_command("migrate", verbosity=0)
    if not volume:
        call_command("load_demo", stdout=StringIO())
        return pages()
    _volume.generate(memberships=volume, trainings=10 * volume, people=200 * volume, now=clock.now())
    return volume_pages(200 * volume)


def _yardsticks() -> str:
    """Both databases, filled; the cookie of the stock admin."""
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    without = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    for name in ("bare", "stock"):
        server.cursor().execute(f"DROP DATABASE IF EXISTS {name}")
        server.cursor().execute(f"CREATE DATABASE {name}")
    server.close()
    subprocess.run([sys.executable, "-m", "bench._bare", "100", "1"], check=True, env=without)
    made = subprocess.run([sys.executable, "-m", "bench._stock", "200"], check=True, env=without, capture_output=True, text=True)
    return made.stdout.strip()


def queries_of(path: str, cookie: str) -> int:
    client = Client(SERVER_NAME="localhost")
    client.cookies.load(cookie)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    return len(seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200, help="of each page")
    parser.add_argument("--volume", type=int, default=0, help="memberships; 10 times as many trainings, 200 times as many people")
    parser.add_argument("--only", default="", help="pages by name, with semicolons between")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    shown, stock_cookie = _prepare(options.volume), _yardsticks()
    bare, stock = _server.Request("GET", "/page/"), _server.Request("GET", STOCK_PATH, cookie=stock_cookie)
    rows = []
    with (
        _server.server("carpentries_portal.wsgi", CONN_MAX_AGE="60") as port,
        _server.server("bench._bare", DJANGO_SETTINGS_MODULE="") as bare_port,
        _server.server("bench._stock", DJANGO_SETTINGS_MODULE="") as stock_port,
    ):
        for name, (path, person) in shown.items():
            if options.only and name not in options.only.split(";"):
                continue
            cookie = "; ".join([*([session_cookie(person)] if person else []), "zone=Europe/Berlin"])
            yardstick = (stock_port, stock, 1.5) if path.startswith("/admin/") else (bare_port, bare, 8.0)
            row = measured(port, _server.Request("GET", path, cookie=cookie), yardstick, times=options.requests)
            rows.append({"page": name, **row, "queries": queries_of(path, cookie)})
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{'page':<24} {'ms':>7} {'yardstick':>9} {'times':>6} {'bar':>5} {'queries':>8}")
    for row in rows:
        print(f"{row['page']:<24} {row['ms']:>7} {row['yardstick_ms']:>9} {row['times']:>6} {row['bar']:>5} {row['queries']:>8}")


def measured(port: int, asked: _server.Request, yardstick: tuple[int, _server.Request, float], *, times: int) -> dict[str, Any]:
    """Both in turn, in small pieces, so that what else goes on on the machine meets both. Raises SystemExit for any answer but 200.

    Before it each is asked as often as its threads need to have their connections and PostgreSQL its plans.
    """
    yard_port, yard, bar = yardstick
    mine: list[float] = []
    theirs: list[float] = []
    for piece in range(PIECES + 1):
        for at, request, kept in ((yard_port, yard, theirs), (port, asked, mine)):
            result = _server.run(at, [request] * (max(times // PIECES, CLIENTS) if piece else WARM_UP), clients=CLIENTS)
            if set(result.statuses) != {200}:
                raise SystemExit(f"{request.path} answered {result.statuses}")
            kept += result.times if piece else []
    ours, other = statistics.median(mine), statistics.median(theirs)
    return {"ms": round(ours * 1000, 1), "yardstick_ms": round(other * 1000, 1), "times": round(ours / other, 1), "bar": bar}


if __name__ == "__main__":
    main()
