"""Each form of staff is carried out once: it carries a token, which goes in with its effect, in one transaction."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import SentForm

KEPT = timedelta(days=7)


class DoneAlreadyError(Exception):
    """The form with this token was carried out before."""


class UnableToSend(UnableTo):
    """The form carries no token of ours."""


def _signed(nonce: str, form: str) -> str:
    return salted_hmac("portal.once", f"{nonce} {form}", algorithm="sha256").hexdigest()[:16]


def new_token(form: str) -> str:
    """A token for a form that is shown; `form` is its path, for which alone it counts."""
    nonce = secrets.token_hex(8)
    return nonce + _signed(nonce, form)


def _is_ours(token: str, form: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{32}", token)) and constant_time_compare(token[16:], _signed(token[:16], form))


def carried_out(token: str, *, form: str) -> bool:
    """Whether this form was carried out: for one that cannot be read any more, because what it did is done."""
    return _is_ours(token, form) and SentForm.objects.filter(token=token).exists()


def claim(token: str, *, form: str, now: datetime) -> None:
    """Note, in the caller's transaction, that this form is carried out. A second one waits for the first, then raises DoneAlreadyError.

    Raises UnableToSend for a token that is not this form's.
    """
    if not _is_ours(token, form):
        raise UnableToSend(_("This form is not complete. Open the page again."))
    try:
        with transaction.atomic():
            SentForm.objects.create(token=token, at=now)
    except IntegrityError:
        raise DoneAlreadyError from None


def forget(*, now: datetime) -> int:
    """Delete the tokens of over a week ago; returns how many."""
    count, _rows = SentForm.objects.filter(at__lt=now - KEPT).delete()
    return count
