"""What a page weighs, over gunicorn with static files as in production: 120 kB compressed on the first visit, 20 kB after; nothing from elsewhere."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest

from carpentries_portal.common.testing.stack import BIN, ROOT, free_port

pytestmark = pytest.mark.once

FIRST, AFTER = 120_000, 20_000
LOADED = re.compile(r"""<(?:link|script|img|use)\b[^>]*?\b(?:href|src)="([^"]+)\"""")
IN_CSS = re.compile(r"""url\("?([^")]+)"?\)""")
YEAR = 365 * 24 * 3600
TELL = """
import json
from carpentries_portal.common.models import Person
from carpentries_portal.common.testing.session_cookie import session_cookie
from carpentries_portal.demo import cast
from certification.models import Checkout
from trainings.models import Booking
dana = Person.objects.get(email=cast.DANA.email)
booking = Booking.objects.confirmed().coordinated_by(dana.pk).select_related("training")[0]
checkout = Checkout.objects.under_way().select_related("place__person")[0]
own, trainee = session_cookie(dana), session_cookie(checkout.place.person)
print(json.dumps({
    "/": "", "/trainings/": "", "/trainings/?view=month": "", "/partners/": "", f"/trainings/{booking.training.code}/": "",
    f"/memberships/{booking.membership_id}/": own, f"/bookings/{booking.pk}/": own, f"/bookings/{booking.pk}/people/": own,
    f"/places/{checkout.place_id}/": trainee, f"/checkouts/{checkout.place_id}/": trainee,
}))
"""


@dataclass(frozen=True)
class Answer:
    body: bytes
    sent: int
    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a portal on the embedded database, with the demo's data; its pages, each with the cookie of who looks."""
    left_out = ("PORTAL_TEST", "PORTAL_CLOCK_FILE", "DATABASE_URL", "REDIS_URL", "DEBUG", "SITE_URL")
    env = {key: value for key, value in os.environ.items() if key not in left_out}
    env |= {"PORTAL_DATA_DIR": str(tmp_path_factory.mktemp("weight")), "PYTHONWARNINGS": "ignore"}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout  # our own

    manage("migrate", "--verbosity", "0")
    manage("load_demo")
    manage("collectstatic", "--noinput", "--verbosity", "0")
    pages = json.loads(manage("shell", "--verbosity", "0", "--command", TELL))
    port = free_port()
    command = [str(BIN / "gunicorn"), "carpentries_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    server = subprocess.Popen(command, cwd=ROOT, env=env)  # our own server
    try:
        _wait_for(f"http://localhost:{port}/healthz")
        yield f"http://localhost:{port}", pages
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=60).close()  # our own server
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)  # it is starting: asked again, for two minutes
        else:
            return
    raise TimeoutError(url)


def _get(url: str, cookie: str = "") -> Answer:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", "Cookie": cookie})  # our own server
    with urllib.request.urlopen(request, timeout=60) as answer:  # as above
        sent = answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return Answer(gzip.decompress(sent) if packed else sent, len(sent), answer.url, dict(answer.headers))


def _loaded(url: str, page: str) -> dict[str, Answer]:
    """Every file that the page and its style sheets load, but fonts of letters that it does not show (latin-ext)."""
    found: dict[str, Answer] = {}
    waiting = [urljoin(url, path) for path in LOADED.findall(page)]
    while waiting:
        name = waiting.pop().split("#")[0]
        assert urlsplit(name).netloc == urlsplit(url).netloc, f"{name} is on another host"
        if name in found or "latin-ext" in name:
            continue
        found[name] = _get(name)
        if name.endswith(".css"):
            waiting += [urljoin(name, path) for path in IN_CSS.findall(found[name].body.decode())]
    return found


def test_pages_are_light_and_their_files_are_kept(portal: tuple[str, dict[str, str]]) -> None:
    url, pages = portal
    assert len(pages) == 10
    for path, cookie in pages.items():
        answer = _get(url + path, cookie)
        assert answer.url == url + path, "led elsewhere"
        page = answer.body.decode()
        html = len(gzip.compress(answer.body))  # as a proxy sends it
        files = _loaded(url, page)
        assert len(files) >= 5, f"{path}: only {sorted(files)} were found"
        assert html <= AFTER, f"{path}: {html} bytes after the first visit"
        first = html + sum(file.sent for file in files.values())
        assert first <= FIRST, f"{path}: {first} bytes on the first visit: { {name: file.sent for name, file in files.items()} }"
        for name, file in files.items():
            kept = file.headers.get("Cache-Control", "")
            assert "immutable" in kept, f"{name} is asked for again: {kept}"
            assert int(kept.split("max-age=")[1].split(",")[0]) >= YEAR, f"{name}: {kept}"
            if name.endswith((".css", ".js", ".svg")) and len(file.body) > 2000:
                assert file.sent < len(file.body), f"{name} is sent as it is"
