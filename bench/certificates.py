"""Certificates: drawn, stored and owed by the worker, beside WeasyPrint called bare on the same HTML.

bin/bench certificates [--papers N] [--reissued N] [--json]. The yardstick has one shared font configuration and parsed CSS, as we have.
The bar: at least 0.9 of its rate in one process, in turns with it; two workers at least 1.6 times one; under 60 kB for a Latin name;
flat memory over 1,000 drawn anew.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carpentries_portal.settings")

import django

django.setup()

from django.core.management import call_command
from weasyprint import HTML

from carpentries_portal.common import clock
from carpentries_portal.common.models import Person
from certification import actions, documents
from certification.actions import drawing
from certification.documents import drawing as document
from certification.documents.paper import SIZES, first_size, page
from certification.factories import Team, certify
from certification.models import Certificate, CertificateRevision
from memberships.factories import StaffFactory

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
IN_TURNS = 20  # so many bare, so many of ours: a busy machine slows both
TEAM = 15


def issue(count: int) -> None:
    """As many certificates as told, issued and not drawn."""
    for n in range(0, count, TEAM):
        team = Team(TEAM, starts_on=date(2018, 1, 3) + timedelta(days=n // TEAM), start=n)
        for at in range(min(TEAM, count - n)):
            certify(team, at, now=NOW)


def bare(htmls: list[str]) -> float:
    """Seconds of WeasyPrint alone."""
    fonts, css, fetcher = document._tools()
    begin = time.perf_counter()
    for html in htmls:
        HTML(string=html, url_fetcher=fetcher).write_pdf(font_config=fonts, stylesheets=[css], pdf_tags=True)
    return time.perf_counter() - begin


def htmls_of(limit: int) -> list[str]:
    rows = CertificateRevision.objects.to_draw().select_related("certificate").order_by("due_at", "pk")[:limit]
    papers = [drawing.paper_of(row, row.certificate) for row in rows]
    return [page(paper, size=SIZES[first_size(paper.name)]) for paper in papers]


def in_turns(papers: int) -> tuple[float, float]:
    """Rates a second: bare, and ours. Each batch is drawn bare first, then by the worker's action."""
    bare(htmls_of(2)), documents.draw(drawing.paper_of(*_first()))
    took, done = [0.0, 0.0], 0
    while done < papers:
        htmls = htmls_of(IN_TURNS)
        took[0] += bare(htmls)
        begin = time.perf_counter()
        done += actions.draw_due(now=clock.now(), limit=IN_TURNS)
        took[1] += time.perf_counter() - begin
    return done / took[0], done / took[1]


def _first() -> tuple[CertificateRevision, Certificate]:
    row = CertificateRevision.objects.to_draw().select_related("certificate")[0]
    return row, row.certificate


def _staff() -> Person:
    return Person.objects.filter(is_staff=True).first() or StaffFactory()


def reissue_all() -> None:
    actions.start_reissue(why="bench", first_on=None, last_on=None, tell=True, by=_staff(), now=clock.now())
    while actions.make_some(now=clock.now()):
        pass


def resident() -> float:
    """This process' memory, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def work(*, at_least: int) -> None:
    """A worker process: warms up, says so, waits for the word, draws until nothing is left, and has all drawn anew until it was enough.

    Says how many it drew, and its memory on the way.
    """
    documents.draw(drawing.paper_of(*_first()))
    print("ready", flush=True)
    sys.stdin.readline()
    done, memory = 0, []
    while (drawn := actions.draw_due(now=clock.now(), limit=IN_TURNS)) or done < at_least:
        done += drawn
        memory.append(resident())
        if not drawn:
            reissue_all()
    print(json.dumps({"done": done, "memory": memory}), flush=True)


def workers(count: int, *, at_least: int = 0) -> tuple[float, list[float]]:
    """All certificates drawn anew by so many processes: the rate a second, and the memory of the first as it went."""
    reissue_all()
    command = [sys.executable, "-m", "bench.certificates", "--worker", str(at_least)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _one in range(count)]
    for process in started:
        process.stdout.readline()
    begin = time.perf_counter()
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for process in started]
    took = time.perf_counter() - begin
    for process in started:
        process.communicate()
    return sum(answer["done"] for answer in answers) / took, answers[0]["memory"]


def measure(*, papers: int, reissued: int) -> dict[str, float]:
    call_command("migrate", verbosity=0)
    issue(papers)
    bare_rate, our_rate = in_turns(papers)
    sizes = [len(pdf) for pdf in CertificateRevision.objects.exclude(sha256="").values_list("pdf", flat=True)]
    latin = [len(row.pdf) for row in CertificateRevision.objects.exclude(sha256="") if row.name.isascii()]
    one, _memory = workers(1)
    two, _memory = workers(2)
    _rate, memory = workers(1, at_least=reissued)
    return {
        "bare a second": bare_rate,
        "ours a second": our_rate,
        "ours / bare": our_rate / bare_rate,
        "one worker a second": one,
        "two workers a second": two,
        "two / one": two / one,
        "kB, median": statistics.median(sizes) / 1000,
        "kB, largest Latin": max(latin) / 1000,
        "MB after 100": memory[min(len(memory) - 1, 100 // IN_TURNS - 1)],
        "MB at the end": memory[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=240)
    parser.add_argument("--reissued", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        work(at_least=options.worker)
        return
    found = measure(papers=options.papers, reissued=options.reissued)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:>22}  {value:8.2f}")


if __name__ == "__main__":
    main()
