"""What the search finds of checkouts: those of the people who are found; and of certificates: theirs, and by the number as it is typed."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.people_search import ids_of_people
from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched
from certification.models import Certificate, Checkout
from certification.policy.certificates import typed_number
from certification.states import CheckoutState


def checkouts(query: Query) -> list[Hit]:
    if not query.key:
        return []
    rows = Checkout.objects.filter(place__person__in=ids_of_people(query)).select_related("place__training")
    return [Hit(row.pk, str(row.place), _state(row)) for row in rows.order_by("-opened_at", "-pk")[: SHOWN + 1]]


def _state(row: Checkout) -> str:
    if row.state != CheckoutState.UNDER_WAY:
        return str(row.get_state_display())
    return _("%(state)s, due on %(day)s") % {"state": row.get_state_display(), "day": day_text(row.due_on)}


def certificates(query: Query) -> list[Hit]:
    if not query.key:
        return []
    mine = Q(number=typed_number(query.text) or query.text) | Q(person__in=ids_of_people(query))
    rows = Certificate.objects.filter(mine).select_related("person").order_by("-issued_at", "-pk")[: SHOWN + 1]
    text = _("%(state)s on %(day)s to %(person)s")
    return [
        Hit(row.pk, row.number, text % {"state": row.get_state_display(), "day": day_text(row.issued_on), "person": row.person})
        for row in rows
    ]


def register() -> None:
    """Called when the app is ready."""
    SEARCHES.add("checkouts", Searched(gettext_lazy("Checkouts"), Checkout, checkouts))
    SEARCHES.add("certificates", Searched(gettext_lazy("Certificates"), Certificate, certificates))
