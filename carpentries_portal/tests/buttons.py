"""Admin's buttons that tell first what they would do, as the tests press them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client


def hidden(answer: HttpResponse) -> dict[str, str]:
    """The token of the form, and what it has shown."""
    page = answer.content.decode()
    return {name: value for name in ("once", "seen") for value in re.findall(rf'name="{name}" value="([0-9a-f]+)"', page)}


def told(answer: HttpResponse) -> dict[str, list[str]]:
    """What the page says before anything is done: heading -> sentences."""
    page = answer.content.decode()
    found = re.findall(r'<h3>(.*?)</h3><ul class="consequence">(.*?)</ul>', page, re.DOTALL)
    return {unescape(title): [unescape(line) for line in re.findall(r"<li>(.*?)</li>", lines, re.DOTALL)] for title, lines in found}


def looked(desk: Client, path: str, **values: Any) -> tuple[HttpResponse, dict[str, Any]]:
    """The page that says what follows, and the form that confirms it."""
    answer = desk.post(path, {**values, **hidden(desk.get(path))})
    return answer, {**values, **hidden(answer)}
