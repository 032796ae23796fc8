"""What the journeys share: Chromium, the portal's processes, how one enters, how staff fill in a form."""

from __future__ import annotations

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from carpentries_portal.common.testing.stack import Stack

DATA = Path(__file__).resolve().parent.parent / "demo" / "data"
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAKE_STAFF = """
from carpentries_portal.common.models import Person
from carpentries_portal.common.links import make_link
from carpentries_portal.common import clock
p = Person.objects.create_superuser("ines.moreau@example.org", "Ines Moreau")
print(make_link(person=p, purpose="test", leads_to="/admin/", now=clock.now()))
"""


def enter(page: Page, url: str) -> None:
    """A personal link opens a page with a button; pressing it lets in."""
    page.goto(url)
    page.get_by_role("button", name="Enter the portal").click()


def enter_as_staff(page: Page, stack: Stack) -> None:
    """A superuser is made on the command line, and enters by a link."""
    enter(page, stack.url + stack.manage("shell", "-v0", "-c", MAKE_STAFF).strip())


def fill_add(page: Page, stack: Stack, path: str, **values: str) -> None:
    """A staff form: typed, chosen, sent; warnings read."""
    page.goto(f"{stack.url}/admin/{path}/add/")
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.locator(".submit-row input").click()
    if page.get_by_text("Before you go on:").count():
        page.locator(".submit-row input").click()
    expect(page.locator(".messagelist .success")).to_contain_text("Added")


def flaws(page: Page) -> list[str]:
    """What axe finds on a page as it is drawn, and how far it scrolls sideways. Call it when no other page is on its way: it waits for the
    one that has begun to arrive to be whole, as an element that is absent or hidden may be so in half a page."""
    page.wait_for_load_state("load")
    found = [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for one in Axe().run(page).response["violations"]
        for node in one["nodes"][:2]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"scrolls sideways by {wide}"] if wide > 0 else [])]


def link_in(text: str) -> str:
    """The personal link in a letter."""
    found = re.search(r"http://\S+/enter/\S+", text)
    assert found, text
    return found[0]
