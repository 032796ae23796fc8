"""Made-up people on rosters for tests and the demo: named by the actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carpentries_portal.common.models import Person
from memberships.factories import EPOCH
from trainees.actions import Named, accept_roster
from trainees.models import Place
from trainings.models import Booking

NAMES = (
    "Ana Silva",
    "Björn Åkesson",
    "Chidi Okafor",
    "Дарина Коваль",
    "Émile Roux",
    "فاطمة الزهراء",
    "Grace O’Neill",
    "山田 花子",
    "Ines Marić",
    "Jamal Haddad",
    "Κατερίνα Παππά",
    "Lena Fuchs",
    "Minh Trần",
    "Noa Levi",
    "Oscar de la Vega",
)


def named(count: int, *, start: int = 0, location: str = "") -> list[Named]:
    """The first people of an invented team: person-0@example.org and so on."""
    return [
        Named(line=n + 1, name=NAMES[n % len(NAMES)], email=f"trainee-{n}@example.org", location=location)
        for n in range(start, start + count)
    ]


def name_people(booking: Booking, count: int, *, by: Person, now: datetime = EPOCH, start: int = 0) -> Sequence[Place]:
    """Put people on a booking's roster; returns their places in the list's order."""
    accept_roster(booking_id=booking.pk, people=named(count, start=start), by=by, now=now)
    return list(Place.objects.active().filter(booking=booking.pk).select_related("person").order_by("pk"))
