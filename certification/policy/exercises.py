"""What counts as done for each exercise (R26), by the edition's code. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

COUNTS: Mapping[str, object] = {
    "contribution": _(
        "One contribution to a lesson of the community: a change, a review of somebody’s change, or an issue that says what is wrong "
        "and how to mend it. Hand in the link to it; more than a slip of the keyboard, please."
    ),
    "discussion": _(
        "One discussion session with instructors of the community, to its end. Hand in the day of the session; who led it confirms that you were there."
    ),
    "demonstration": _(
        "A few minutes of teaching by live coding from a lesson, in a demonstration session. Hand in the day of the session; the trainer says how it went."
    ),
}
OTHERWISE = _("What counts is said on the page where you sign up for it. Hand in a link, a file, or a few words.")


def what_counts(code: str) -> str:
    """A sentence or two for the trainee."""
    return str(COUNTS.get(code, OTHERWISE))
