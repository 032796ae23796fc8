"""One night over many trainings, beside the same changes made by bare psycopg2, one short transaction each.

bin/bench enforce [--trainings N] [--due N] [--json]; the bars: at most 6 times the yardstick, memory under 200 MB, a second run under 5 s.

The yardstick makes the changes of closing a roster with one name missing (booking, seats, ledger, journal, letter, key) and decides nothing.
Both run one after the other, on one server, in the same world; each in a process of its own, whose memory is told.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[1]
BARS = {"ratio": 6.0, "memory": 200.0, "second": 5.0}


def database(name: str) -> str:
    """A fresh database of this name on the server of DATABASE_URL; its own URL."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        sys.exit("It needs PostgreSQL: start it as bin/bench enforce.")
    connection = psycopg2.connect(given)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return urlunsplit(urlsplit(given)._replace(path=f"/{name}"))


def step(name: str, url: str, arguments: argparse.Namespace) -> dict[str, float]:
    """One step in a process of its own; what it tells."""
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": "",
        "PORTAL_TEST": "1",
        "PORTAL_BRAKE_TRAININGS": "1000000000",
        "PORTAL_BRAKE_SEATS": "1000000000",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "ERROR",
    }
    command = [
        sys.executable,
        "-m",
        "bench.enforce",
        "--step",
        name,
        "--trainings",
        str(arguments.trainings),
        "--due",
        str(arguments.due),
    ]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)  # ourselves
    return json.loads(done.stdout.splitlines()[-1])


def inside(name: str, arguments: argparse.Namespace) -> dict[str, float]:
    """The step itself, with Django set up."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "carpentries_portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from bench import _night as night_world
    from carpentries_portal.common.enforcement import runs
    from carpentries_portal.common.enforcement.preview import preview

    if name == "world":
        call_command("migrate", verbosity=0)
    began, cpu = time.perf_counter(), time.process_time()
    count = 0
    if name == "world":
        night_world.generate(trainings=arguments.trainings, due=arguments.due)
    elif name == "preview":
        count = len(preview(as_of=night_world.NIGHT).free)
    elif name == "run":
        row = runs.run(now=night_world.NIGHT)
        count = row.applied
        if row.failed:
            sys.exit(f"{row.failed} failed: {row.errors.first()}")
    elif name == "yardstick":
        count = yardstick(arguments)
    took = time.perf_counter() - began
    return {
        "seconds": took,
        "cpu": time.process_time() - cpu,
        "count": count,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


SENTENCE = "The roster closed on Sun 31 May 2026: 1 seat without a name is forfeited."
YARDSTICK = """
UPDATE memberships_membership SET reserved = reserved - 1, forfeited = forfeited + 1 WHERE id = %(membership)s;
UPDATE memberships_reservation SET reserved = 5, forfeited_p6 = 1 WHERE id = %(booking)s;
INSERT INTO memberships_ledgerentry (membership_id, reservation_id, at, event, source, target, seats, rule, forfeit_rule, reason, subject_label,
  subject_id, exception_label, available_after)
  VALUES (%(membership)s, %(booking)s, %(now)s, 'forfeit', 'reserved', 'forfeited', 1, 'P6', 'P6', %(why)s, 'trainings.booking', %(booking)s, '', 3);
UPDATE trainings_booking SET roster_closed_at = %(now)s WHERE id = %(booking)s;
INSERT INTO common_appliedaction (run_id, rule, subject_label, subject_id, cut_off_on, round, applied_at, sentence)
  VALUES (NULL, 'P6', 'trainings.booking', %(booking)s, %(on)s, 1, %(now)s, %(why)s);
INSERT INTO common_journalentry (what, at, by_name, rule, why, old, new, edition)
  VALUES ('roster_closed', %(now)s, '', 'P6', %(why)s, '{}', '{"forfeited": 1, "cancelled": false}', '2017') RETURNING id
"""
ABOUT = """INSERT INTO common_journalsubject (entry_id, label, object_id) VALUES (%(entry)s, 'trainings.booking', %(booking)s),
  (%(entry)s, 'trainings.training', %(training)s), (%(entry)s, 'memberships.membership', %(membership)s),
  (%(entry)s, 'memberships.organization', %(organization)s)"""
LETTER = """INSERT INTO common_notice (code, letter, to_person_id, to_address, to_key, occasion, subject_label, subject_id, context, state, queued_at,
  due_at, attempts, error, subject_line, body) VALUES ('L3', 'trainings.roster_closed', %(organization)s, %(address)s, %(address)s, %(occasion)s,
  'trainings.booking', %(booking)s, %(context)s, 'queued', %(now)s, %(now)s, 0, '', '', '')"""


def yardstick(arguments: argparse.Namespace) -> int:
    """The changes of one closing, each statement by itself, as a program would send them; one transaction a booking."""
    from bench._night import NIGHT, TEAMS, TODAY

    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    first, last = arguments.due * TEAMS + 1, 2 * arguments.due * TEAMS
    statements = [text for text in YARDSTICK.split(";") if text.strip()]
    with connection.cursor() as cursor:
        for booking in range(first, last + 1):
            membership = 1 + (booking - 1) % arguments.trainings
            organization = 1 + membership % max(arguments.trainings // 10, 1)
            values: dict[str, object] = {"booking": booking, "membership": membership, "training": 1 + (booking - 1) // TEAMS}
            values |= {
                "organization": organization,
                "now": NIGHT,
                "on": TODAY,
                "why": SENTENCE,
                "address": f"person{organization}@example.org",
            }
            for text in statements:
                cursor.execute(text, values)
            values["entry"] = cursor.fetchone()[0]  # type: ignore[index]  # RETURNING
            cursor.execute(ABOUT, values)
            context = json.dumps({"booking": booking, "seats": 6, "sequence": values["entry"], "sentence": SENTENCE})
            cursor.execute(LETTER, {**values, "occasion": f"journal:{values['entry']}", "context": context})
            connection.commit()
    connection.close()
    return last - first + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainings", type=int, default=100_000, help="with ten named people each (default 100000)")
    parser.add_argument("--due", type=int, help="trainings that are due, two actions each (default 1 %%)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.due = arguments.due or max(arguments.trainings // 100, 1)
    if 2 * arguments.due > arguments.trainings:
        sys.exit("At most half of the trainings can be due: as many are the yardstick's.")
    if arguments.step:
        print(json.dumps(inside(arguments.step, arguments)))
        return
    url = database("bench_enforce")
    found = {name: step(name, url, arguments) for name in ("world", "preview", "yardstick", "run")}
    found["second"] = step("run", url, arguments)
    tell(found, arguments)


def tell(found: dict[str, dict[str, float]], arguments: argparse.Namespace) -> None:
    """A table, or JSON; exit 1 beyond a bar."""
    run, yard, second, preview = found["run"], found["yardstick"], found["second"], found["preview"]
    same = run["count"] == yard["count"] == preview["count"]
    ratio = run["seconds"] / yard["seconds"]
    rows = [
        ("time of the run / of the yardstick", f"{ratio:.2f}", f"at most {BARS['ratio']:.0f}", ratio <= BARS["ratio"]),
        ("memory of the run, MB", f"{run['memory']:.0f}", f"under {BARS['memory']:.0f}", run["memory"] < BARS["memory"]),
        ("second run, s", f"{second['seconds']:.2f}", f"under {BARS['second']:.0f}", second["seconds"] < BARS["second"]),
        ("second run changes", f"{second['count']:.0f}", "0", second["count"] == 0),
        (
            "preview, s",
            f"{preview['seconds']:.2f}",
            f"at most the run's {run['seconds']:.2f}",
            preview["seconds"] <= run["seconds"],
        ),
        ("actions: preview, run, yardstick", f"{preview['count']:.0f}, {run['count']:.0f}, {yard['count']:.0f}", "the same", same),
    ]
    good = all(kept for *_words, kept in rows)
    if arguments.json:
        print(json.dumps({"trainings": arguments.trainings, "due": arguments.due, "steps": found, "ratio": ratio, "good": good}))
    else:
        print(
            f"{arguments.trainings} trainings, {arguments.trainings * 10} places, {arguments.due} trainings due; world made in {found['world']['seconds']:.0f} s"
        )
        print(
            f"run {run['seconds']:.1f} s ({1000 * run['seconds'] / run['count']:.2f} ms an action), yardstick {yard['seconds']:.1f} s; processor on our side {run['cpu']:.1f} and {yard['cpu']:.1f} s"
        )
        for what, value, bar, kept in rows:
            print(f"  {what:36} {value:>16}   {bar:28} {'ok' if kept else 'MISSED'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
