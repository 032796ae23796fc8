"""The letter about a training that suits a team which waits for one."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, letter, queue
from carpentries_portal.common.notices.queue import cancel
from memberships.queries import coordinators_of
from trainings import policy
from trainings.models import Booking, Demand, Training
from trainings.queries import facts_of

LETTER = "trainings.training_suits"


def training_suits(demand: Demand, training: Training, *, now: datetime, again: str = "") -> None:
    """To each coordinator, at once; once for a demand, a training and its round, unless `again` says what is new."""
    for coordinator in coordinators_of(demand.membership.organization_id):
        queue(
            letter=LETTER,
            to=coordinator.person,
            occasion=f"suits:{demand.pk}:{training.pk}:{training.round}{again}",
            about=demand,
            context={"demand": demand.pk, "training": training.pk},
            now=now,
        )


def forget(demand: Demand) -> None:
    """The team waits no more: what has not left stays."""
    cancel(about=demand, letters=(LETTER,))


@letter("demand", LETTER, template="trainings/emails/training_suits")
def build_training_suits(notice: Notice) -> Content:
    now = notice.claimed_at or notice.queued_at
    demand = Demand.objects.with_all().get(pk=notice.context["demand"])
    training = Training.objects.select_related("edition").get(pk=notice.context["training"])
    membership, facts = demand.membership, facts_of(training)
    booked = Booking.objects.confirmed().filter(training=training.pk, membership=membership.pk).exists()
    if not demand.waits(now) or not policy.meets(facts, demand.facts(), membership.facts(), has_one=booked, now=now):
        raise Obsolete("The team waits no more, or the training does not suit it any more.")
    context = {
        "demand": demand,
        "training": training,
        "hours": training.hours(),
        "sign_up": training.sign_up,
        "free": facts.seats_free,
        "membership": membership,
    }
    query = urlencode({"membership": membership.pk, "seats": demand.seats})
    path = f"{reverse('trainings:book', args=[training.code])}?{query}"
    return Content(context=context, zone=demand.zone, link=LinkTo(purpose="training", path=path))
