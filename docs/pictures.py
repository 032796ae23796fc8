"""The README's pictures, taken anew from a running demo:   bin/demo, then in another window   .venv/bin/python docs/pictures.py [address]"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def links(base: str) -> dict[str, str]:
    """Who can log in, and by which link: as `load_demo` prints it."""
    said = subprocess.run([ROOT / "bin" / "manage", "load_demo"], check=True, capture_output=True, text=True, env=os.environ).stdout
    found = re.findall(r"^\s+(.+?) <.*?\n\s+(http\S+)", said, re.MULTILINE)
    return {name: base + "/" + link.split("/", 3)[3] for name, link in found}


def enter(browser: Browser, link: str, *, width: int, height: int, dark: bool = False) -> Page:
    page = browser.new_context(
        viewport={"width": width, "height": height}, timezone_id="America/New_York", color_scheme="dark" if dark else "light"
    ).new_page()
    page.goto(link)
    page.click("main button")
    return page


def shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png")


def main(base: str) -> None:
    who = links(base)
    names = list(who)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        dana = enter(browser, who["Dana Whitfield"], width=1200, height=900)
        dana.goto(base)
        dana.get_by_role("link", name="See what to do next").first.click()
        shoot(dana, "membership")
        dana.locator("#bookings ~ *, section[aria-labelledby=bookings]").get_by_role("link").first.click()
        shoot(dana, "booking")
        phone = enter(browser, who["Dana Whitfield"], width=390, height=780, dark=True)
        phone.goto(dana.url)
        shoot(phone, "booking-phone")
        dana.goto(f"{base}/trainings/")
        shoot(dana, "calendar")
        dana.locator("tr", has_text="sign-up closed").last.get_by_role("link").first.click()
        dana.get_by_role("link", name=re.compile("^Book for")).first.click()
        shoot(dana, "refused")
        nora = enter(browser, who["Nora Weiss"], width=390, height=780)
        nora.goto(base)
        nora.get_by_role("link", name="Open the roll call").first.click()
        nora.locator(".day-tabs").scroll_into_view_if_needed()
        nora.evaluate("document.querySelector('.roll-team').scrollIntoView()")
        shoot(nora, "roll-call")
        certified = enter(browser, who[names[-2]], width=1200, height=900)
        certified.goto(base)
        certified.get_by_role("link", name=re.compile("exercises")).first.click()
        shoot(certified, "checkout")
        pdf = certified.request.get(base + str(certified.get_by_role("link", name="Download the PDF").get_attribute("href"))).body()
        draw = ["pdftoppm", "-png", "-r", "80", "-singlefile", "-", str(HERE / "certificate")]
        subprocess.run(draw, input=pdf, check=True)
        staff = enter(browser, who["Ines Moreau"], width=1200, height=900)
        staff.goto(f"{base}/admin/")
        shoot(staff, "desk")
        staff.goto(f"{base}/admin/tonight/")
        shoot(staff, "tonight")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
