"""bin/manage load_demo: the demo's picture around today, and who can log in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Person
from carpentries_portal.demo import cast, loader
from certification.models import Certificate
from trainees.models import Place
from trainings.models import Training


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        loaded = loader.load(now=now)
        count = Training.objects.count()
        self.stdout.write(
            f"Demo data: {'made' if loaded else 'kept'}, {count} trainings. Real dates and organizations, invented people."
        )
        self.stdout.write("Contains data from The Carpentries (carpentries.org), CC BY 4.0, changed.")
        self.stdout.write("")
        self.stdout.write(
            "Who can log in (each link is theirs for a day; or ask for a code, the demo's letters lie at /demo/mail/):"
        )
        leads = {cast.STAFF.email: "/admin/"}
        people = [(Person.objects.with_email(one.email), one.role) for one in (cast.DANA, cast.MADS, cast.RUTH, cast.TRAINERS[0])]
        place = Place.objects.active().filter(booking__membership__organization__name="University of Florida").first()
        if place is not None:
            people.append((place.person, "takes part in a training"))
        certificate = Certificate.objects.valid().select_related("person", "checkout").order_by("pk").first()
        if certificate is not None:
            people.append((certificate.person, "is certified; the certificate was corrected once"))
            leads[certificate.person.email] = f"/checkouts/{certificate.checkout.place_id}/"
        people.append((Person.objects.with_email(cast.STAFF.email), cast.STAFF.role))
        for person, role in people:
            if person is None:
                continue
            path = make_link(
                person=person, purpose="demo", leads_to=leads.get(person.email, "/"), now=now, lifetime=timedelta(days=1)
            )
            self.stdout.write(f"  {person.name} <{person.email}>, {role}")
            self.stdout.write(f"    {settings.SITE_URL}{path}")
