"""What each role may do: permissions offered to its group, once each, after every migration. What staff took away stays away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from carpentries_portal.common.models import RoleOffer
from carpentries_portal.common.roles import READER, REVIEWER, SCHEDULER

OURS = ("common", "memberships", "trainings", "trainees", "certification")
PLANNED = ("memberships", "trainings", "trainees")
"""Apps whose every row a scheduler adds and changes."""
SCHEDULERS = {
    "common.change_person",
    "common.merge_people",
    "common.end_access",
    "common.change_datarequest",
    "common.change_notice",
    "common.add_hold",
    "common.change_hold",
    "common.change_brakedaction",
    "common.run_now",
    "common.add_auditreport",
    "certification.change_checkoutexception",
}
REVIEWED = ("submission", "checkout", "checkoutexception", "certificate", "reissue")


def wanted(role: str, known: Iterable[str]) -> set[str]:
    """The permissions that a role is to have, of those that there are ("app.codename")."""
    ours = {name for name in known if name.split(".")[0] in OURS}
    views = {name for name in ours if ".view_" in name}
    if role == SCHEDULER:
        return (
            views
            | {name for name in ours if name.split(".")[0] in PLANNED and "_delete_" not in name.replace(".", "_")}
            | (SCHEDULERS & ours)
        )
    if role == REVIEWER:
        return views | {f"certification.{verb}_{model}" for verb in ("add", "change") for model in REVIEWED} & ours
    return views


def offer_roles(sender: Any = None, using: str = "default", **more: Any) -> int:
    """Give each role what it was never given before. After migrations, and again as often as one likes. Returns how many were new."""
    rows = Permission.objects.using(using).select_related("content_type").filter(Q(content_type__app_label__in=OURS))
    known = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    count = 0
    for role in (SCHEDULER, REVIEWER, READER):
        group, _made = Group.objects.using(using).get_or_create(name=role)
        given = set(RoleOffer.objects.using(using).filter(role=role).values_list("permission", flat=True))
        new = sorted(wanted(role, known) - given)
        group.permissions.add(*(known[name] for name in new))
        RoleOffer.objects.using(using).bulk_create([RoleOffer(role=role, permission=name) for name in new])
        count += len(new)
    return count
