"""Who uses a portal of real processes without a browser: logged in, pages read, forms sent as a browser sends them."""

from __future__ import annotations

import http.client
import json
import re
from html import unescape
from urllib.parse import urlencode

from carpentries_portal.common.testing.stack import Stack

TOKEN = "c" * 32
LOG_IN = """
import json
from django.conf import settings
from carpentries_portal.common.models import Person
from carpentries_portal.common.testing.session_cookie import session_cookie
people = Person.objects.filter(email_key__in=%r)
print("COOKIES" + json.dumps({one.email_key: f"{session_cookie(one)}; {settings.CSRF_COOKIE_NAME}=%s" for one in people}))
"""


class WebClient:
    """One person's browser, as far as requests go. A redirect is an answer, and is not followed."""

    def __init__(self, stack: Stack, cookie: str) -> None:
        self.port, self.cookie = stack.port, cookie

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, "")

    def post(self, path: str, **values: object) -> tuple[int, str]:
        """The status, and the page; the address where the answer leads elsewhere."""
        return self._ask("POST", path, urlencode(values, doseq=True))

    def _ask(self, method: str, path: str, body: str) -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            page = answer.read().decode(errors="replace")
            return answer.status, answer.headers.get("Location", page)
        finally:
            connection.close()


def log_in(stack: Stack, *emails: str) -> list[WebClient]:
    """Sessions of their own, in the order of the addresses."""
    out = stack.manage("shell", "--verbosity", "0", "--command", LOG_IN % (list(emails), TOKEN))
    cookies = json.loads(out.split("COOKIES")[1])
    return [WebClient(stack, cookies[email]) for email in emails]


def hidden(page: str, name: str) -> str:
    """The value of a hidden field. Raises LookupError."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    if found is None:
        raise LookupError(f"no field {name}")
    return unescape(found[1])
