"""The floor's own part of a merge: journal, letters, requests, links, sessions, second factors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.merging import PARTS, Part, move
from carpentries_portal.common.models import (
    BrakedAction,
    DataRequest,
    Hold,
    JournalEntry,
    Notice,
    Person,
    PersonalLink,
    PortalSession,
    Run,
)
from carpentries_portal.common.models.own_data import DataRequestState
from carpentries_portal.common.notices import redirect
from carpentries_portal.common.signals import person_merged

PART = "common"


def _twins(kept: Person, merged: Person) -> Any:
    """Requests of the merged person that wait, and that the kept one asked too."""
    same = DataRequest.objects.filter(person=kept, state=DataRequestState.ASKED).values("kind")
    return DataRequest.objects.filter(person=merged, state=DataRequestState.ASKED, kind__in=same)


def _notes(kept: Person, merged: Person) -> Iterator[str]:
    yield _("Letters to %(old)s that have not left go to %(new)s.") % {"old": merged.email, "new": kept.email}
    yield _("%(old)s finds %(new)s from now on: on lists, in files, and to log in. The code to log in goes to %(new)s.") % {
        "old": merged.email,
        "new": kept.email,
    }
    links = merged.personal_links.filter(revoked_at__isnull=True).count()
    sessions = merged.portal_sessions.count()
    if links:
        yield ngettext("%(n)d link of the merged person ends.", "%(n)d links of the merged person end.", links) % {"n": links}
    if sessions:
        yield ngettext("%(n)d session ends.", "%(n)d sessions end.", sessions) % {"n": sessions}
    if Authenticator.objects.filter(user=merged).exists():
        yield _("The second factors of the merged person end.")
    for row in _twins(kept, merged):
        yield _("Both asked to %(kind)s: the second request is closed with the first.") % {"kind": row.get_kind_display()}


@receiver(person_merged)
def move_floor(sender: Any, *, kept: Person, merged: Person, now: datetime, **more: Any) -> None:
    """Requests, letters, links: moved or ended. A letter that both were owed on one occasion leaves once."""
    _twins(kept, merged).update(
        state=DataRequestState.DECLINED, decided_at=now, note=_("The same was asked under %(email)s.") % {"email": kept.email}
    )
    redirect(Notice.objects.filter(to_person=merged, to_key=merged.email_key), address=kept.email)
    merged.personal_links.filter(revoked_at__isnull=True).update(revoked_at=now)
    merged.portal_sessions.all().delete()
    Authenticator.objects.filter(user=merged).delete()
    move(PART, kept, merged)


def register() -> None:
    """Called when the app is ready."""
    PARTS.add(
        PART,
        Part(
            moves=(
                (DataRequest, "person"),
                (DataRequest, "decided_by"),
                (Notice, "to_person"),
                (PersonalLink, "person"),
                (JournalEntry, "by"),
                (Run, "by"),
                (BrakedAction, "released_by"),
                (Hold, "asked_by"),
                (Hold, "decided_by"),
                (LogEntry, "user"),
            ),
            settles=(
                (PortalSession, "person"),
                (Authenticator, "user"),
                (EmailAddress, "user"),
                (Person, "merged_into"),
                (Person.groups.through, "person"),
                (Person.user_permissions.through, "person"),
            ),
            notes=_notes,
        ),
    )
