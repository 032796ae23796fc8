"""What leaves as log or error report: JSON, one id a request into the worker, and nobody's address or key."""

from __future__ import annotations

import gzip
import http.server
import json
import logging
import threading
import urllib.parse
import urllib.request
from pathlib import Path

import brotli
import pytest

from carpentries_portal.common import logs
from carpentries_portal.common.testing.stack import Stack

pytestmark = pytest.mark.once

REQUEST_ID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("refused: ana.silva@example.org", "refused: [address]"),
        ("To: Ana <Ana+team@Mail.Example.ORG>, bo@example.net", "To: Ana <[address]>, [address]"),
        ("{'to': 'josé@exämple.org'}", "{'to': '[address]'}"),
        ('{"to":"ana@example.org"}', '{"to":"[address]"}'),
        ("GET /enter/aB3-_x9/ 200", "GET /enter/[key]/ 200"),
        ("/calendar/12:ab:cd.ics?x=1", "/calendar/[key].ics?x=1"),
        (
            "/trainings/calendar.ics stays, and celery@web1 is a worker",
            "/trainings/calendar.ics stays, and celery@web1 is a worker",
        ),
        ("/verify/abc/ is public", "/verify/abc/ is public"),
    ],
)
def test_addresses_and_keys_are_masked(text: str, masked: str) -> None:
    assert logs.without_people(text) == masked


def test_a_traceback_is_masked_too() -> None:
    try:
        raise ValueError("no such person: ana@example.org")
    except ValueError as problem:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 1, "refused %s", ("bo@example.net",), (ValueError, problem, problem.__traceback__)
        )
    record.request_id = None
    for said in (logs.LineFormatter("{message}", style="{").format(record), logs.ObjectFormatter().format(record)):
        assert "@example" not in said
        assert "ValueError: no such person: [address]" in said


def test_an_error_report_has_no_person_in_it() -> None:
    event = {
        "user": {"id": 7, "email": "ana@example.org"},
        "request": {
            "method": "POST",
            "url": "https://portal.example.org/enter/secret/",
            "data": {"name": "Ana"},
            "cookies": {"sessionid": "x"},
            "headers": {"Cookie": "x"},
            "query_string": "q=ana",
        },
        "exception": {"values": [{"type": "ValueError", "value": "bo@example.net is known"}]},
    }
    assert logs.report_without_people(event) == {
        "request": {"method": "POST", "url": "https://portal.example.org/enter/[key]/"},
        "exception": {"values": [{"type": "ValueError", "value": "[address] is known"}]},
    }


def lines(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_request_and_what_the_worker_does_for_it_carry_one_id(tmp_path: Path) -> None:
    stack = Stack(tmp_path, moved="2018-03-20T12:00:00+00:00")
    stack.env["LOG_FORMAT"] = "json"
    stack.manage("migrate", "--verbosity", "0")
    stack.manage("createsuperuser", "--noinput", "--email", "ines.moreau@example.org", "--name", "Ines Moreau")
    stack.env["PORTAL_SWEEP_SECONDS"] = "3600"  # the letter leaves by the request's own bell
    try:
        stack.start()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{stack.url}/account/login/") as page:
            token = page.read().decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = urllib.parse.urlencode(
            {"csrfmiddlewaretoken": token, "email": "ines.moreau@example.org", "login": "ines.moreau@example.org"}
        )
        post = urllib.request.Request(
            f"{stack.url}/account/login/", form.encode(), {"X-Request-ID": REQUEST_ID, "Referer": stack.url}
        )
        opener.addheaders = []
        with opener.open(post):
            pass
        with opener.open(urllib.request.Request(f"{stack.url}/partners/", method="HEAD")) as head:
            assert head.status == 200
        stack.letter(to="ines.moreau@example.org", subject="")
        log = stack.folder / "worker.log"
        done = stack.wait(lambda: [one for one in lines(log) if one["request_id"] == REQUEST_ID], "the worker's line")
        assert any("common.deliver" in str(one["message"]) and "succeeded" in str(one["message"]) for one in done)
        asked = [
            one for one in lines(stack.folder / "web.log") if one["logger"] == "portal.requests" and one["request_id"] == REQUEST_ID
        ]
        assert [(one["method"], one["path"], one["status"]) for one in asked] == [
            ("POST", "/account/login/", 302),
            ("GET", "/account/login/code/confirm/", 200),
        ]
        web = (stack.folder / "web.log").read_text().splitlines()
        assert [line for line in web if not line.startswith("{")] == []
        assert any("Booting worker" in line for line in web)
        assert [line for line in web if "no-body" in line] == []  # gunicorn warns of each HEAD
        assert "ines.moreau@" not in (stack.folder / "web.log").read_text() + log.read_text()
    finally:
        stack.stop()


def test_errors_reach_the_collector_without_addresses(tmp_path: Path) -> None:
    received: list[str] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(self.headers["Content-Encoding"] or "", bytes)
            received.append(unpack(body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack = Stack(tmp_path, moved="2018-03-20T12:00:00+00:00")
    stack.env["SENTRY_DSN"] = f"http://key@127.0.0.1:{server.server_port}/1"
    try:
        stack.manage(
            "shell", "-v0", "-c", "import logging\nname = 'Ana Silva'\nlogging.getLogger('x').error('no letter to ana@example.org')"
        )
    finally:
        server.shutdown()
        server.server_close()
    assert len(received) == 1
    assert "no letter to [address]" in received[0]
    assert "ana@example.org" not in received[0]
    assert "Ana Silva" not in received[0]
