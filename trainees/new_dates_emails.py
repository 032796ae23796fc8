"""L7: a training was moved, to each who was invited to it."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, letter
from trainees.models import Place
from trainees.states import PlaceState
from trainings import new_dates_emails as of_training
from trainings.documents import ics_for_training
from trainings.policy import TrainingFacts

TO_TRAINEES = "trainees.training_moved"


def training_moved(place: Place, *, old: TrainingFacts, sentence: str, now: datetime) -> None:
    """At once. `place.training` has the new dates."""
    training = place.training
    context = {"place": place.pk, "old": of_training.old_dates(old), "round": training.round, "sentence": sentence}
    occasion = f"training-moved:{training.pk}:{training.round}:{place.pk}"
    of_training.owe(TO_TRAINEES, place.person, about=place, occasion=occasion, context=context, now=now)


@letter("L7", TO_TRAINEES, template="trainees/emails/training_moved")
def build_training_moved(notice: Notice) -> Content:
    rows = Place.objects.select_related("training__edition", "booking__membership__organization", "person")
    place = rows.get(pk=notice.context["place"])
    training = place.training
    if place.state != PlaceState.ACTIVE:
        raise Obsolete("The person does not take part any more.")
    of_training.must_stand(training, notice)
    calendar = Attachment(
        name=f"{training.code}.ics",
        mimetype="text/calendar; method=PUBLISH; charset=utf-8",
        body=ics_for_training(training, now=notice.queued_at),
    )
    gone = of_training.days_gone(notice, training, f"training-{training.pk}", sequence=2 * training.round)
    context = {
        "place": place,
        "booking": place.booking,
        "training": training,
        "hours": training.hours(),
        "sentence": notice.context["sentence"],
        "old": of_training.before(notice.context["old"]),
    }
    link = LinkTo(purpose="place", path=reverse("trainees:place", args=[place.pk]))
    return Content(context=context, zone=place.booking.site_zone, link=link, attachments=(calendar, *gone))
