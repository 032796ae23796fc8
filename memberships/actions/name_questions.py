"""A question about a name that somebody gave to an organization meanwhile: it is settled with that act, for neither answer could be given any more."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.models import Person
from memberships.models import NameQuestion, Organization
from memberships.names import organization_key
from memberships.states import Answer


def lock_question(name: str) -> NameQuestion | None:
    """The question that waits about this name, locked: before the organization, as for whoever answers it."""
    rows = NameQuestion.objects.select_for_update(of=("self",), no_key=True).filter(name_key=organization_key(name), answer="")
    return rows.select_related("near").first()


def settle_question(row: NameQuestion, *, found: Organization, by: Person | None, now: datetime, why: str = "") -> None:
    """Keep what is so: the name is `found`'s. The caller holds the question's lock."""
    row.answer = Answer.SAME if found.pk == row.near_id else Answer.DIFFERENT
    row.answered_at, row.answered_by = now, by
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    values = {"name": row.name, "organization": row.near, "answer": row.get_answer_display()}
    text = _("“%(name)s” and %(organization)s: %(answer)s.") % values
    journal.record(what="name_answered", now=now, by=by, why=f"{text} {why.strip()}".strip(), about=[row, row.near, found])
