"""Getting the room ready (R24): when the videoconference link is given."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.handbook import Verdict, allow, refuse
from trainings.policy.facts import TrainingFacts


def room_link(t: TrainingFacts, *, now: datetime) -> Verdict:
    """R24: a team's coordinators get the link on D(14), from that day's first minute in the training's zone. Trainers have it always."""
    day = t.d(t.edition.link_days)
    if t.cancelled:
        return refuse("R24", _("The training was cancelled: its link leads nowhere."), facts={"hard": True})
    if today_in(t.zone, now) < day.on:
        return refuse("R24", _("The link to test the room is given on %(day)s.") % {"day": t.day_text(day)}, turns_on=day)
    return allow("R24", _("Test the room with this link before the training; it is for your team alone."), turns_on=day)
