"""What no page can read is refused before any page, with a page that says so."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/verify/%00/", "/verify/a%00b/", "/enter/%00/", "/calendar/%00.ics", "/%00"])
def test_an_address_with_a_nul_is_no_page(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "There is no such page for you" in answer.content.decode()


@pytest.mark.parametrize("charset", ["utf-16", "latin-1"])
def test_a_form_that_is_not_utf_8_is_refused(charset: str) -> None:
    """With the check of the CSRF token, which reads the form before any page does."""
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/verify/", b"number=1", content_type=f"application/x-www-form-urlencoded; charset={charset}")
    assert answer.status_code == 400
    assert "The browser sent something that we cannot read" in answer.content.decode()
    answer = client.post("/verify/", b"number=1", content_type="application/x-www-form-urlencoded; charset=UTF-8")
    assert answer.status_code == 403  # read, and refused for its missing token
