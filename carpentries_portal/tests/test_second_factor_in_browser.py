"""A passkey in Chromium, kept by a virtual authenticator: set up, asked for at login, under our content security policy; and a merge at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.models import Person
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.people import find_or_add_person
from carpentries_portal.tests.browsing import CHROMIUM

expect.set_options(timeout=30_000)  # the machine may be busy with other tests
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIRTUAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "hasResidentKey": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def ines(settings: Any) -> Person:
    settings.STAFF_SECOND_FACTOR = True
    cache.clear()
    person, _new = find_or_add_person(email="ines.moreau@example.org", name="Ines Moreau", now=clock.now(), is_staff=True)
    Person.objects.filter(pk=person.pk).update(is_superuser=True)
    for email, name in (("ana@example.org", "Ana Silva"), ("ana.silva@example.net", "A. Silva")):
        find_or_add_person(email=email, name=name, now=clock.now())
    return person


@pytest.fixture
def browser(ines: Person) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


def log_in(page: Page, url: str, email: str) -> None:
    """As far as the code by mail leads."""
    page.goto(f"{url}/account/login/?next=/admin/")
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Enter the code that we mailed you")).to_be_visible(timeout=60_000)
    delivery.deliver_due(now=clock.now())
    found = re.search(r"Your code: (\S+)", str(mail.outbox[-1].body))
    assert found is not None
    page.locator("input[name=code]").fill(found[1])
    page.get_by_role("button", name="Log in").click()


def test_a_passkey_opens_the_desk_and_two_people_are_merged(live_server: LiveServer, browser: Browser, ines: Person) -> None:
    url = live_server.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, and a secure one: localhost counts
    page = browser.new_context(viewport={"width": 1000, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})["authenticatorId"]
    log_in(page, url, ines.email)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("work laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Keep these codes: they are shown once")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("b", has_text="work laptop")).to_be_visible()
    page.get_by_role("link", name="Go on to the desk").click()
    expect(page).to_have_url(f"{url}/admin/")
    assert len(devices.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1

    page.context.clear_cookies()
    log_in(page, url, ines.email)
    expect(page.get_by_role("heading", name="Now your second factor")).to_be_visible()
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(f"{url}/admin/")
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None

    page.goto(f"{url}/admin/common/person/?q=ana%40example.org")
    page.locator("#result_list tbody a").first.click()
    page.get_by_role("link", name="Merge another person…").click()
    page.get_by_label("Address of the other row").fill("ana.silva@example.net")
    page.get_by_role("button", name="Show what moves").click()
    expect(page.get_by_text("ana.silva@example.net finds ana@example.org from now on")).to_be_visible()
    page.get_by_label("Why").fill("She wrote to us.")
    page.get_by_role("button", name="Merge the two").click()
    expect(page.locator(".messagelist")).to_contain_text("Merged: ana.silva@example.net is ana@example.org.")
    assert refused == []


def test_a_browser_without_passkeys_is_told_and_offers_the_app(live_server: LiveServer, browser: Browser, ines: Person) -> None:
    url = live_server.url.replace("127.0.0.1", "localhost")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(60_000)
    log_in(page, url, ines.email)
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_text("Passkeys need JavaScript, and a browser that knows them.")).to_be_visible()
    expect(page.get_by_role("button", name="Add the passkey")).to_be_hidden()
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Set up an app").click()
    expect(page.locator(".qr svg")).to_be_visible()
