"""Exceptions about one checkout: an extension (R25), a failed one reopened (R27), a certificate held back (R29)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.models import ExceptionRecord, Person
from certification.models.checkouts import Checkout


class CheckoutException(ExceptionRecord):
    """Subject: a checkout. An extension names its new day in `to_date`; a hold (R29) lasts until its end."""

    checkout = models.ForeignKey(Checkout, on_delete=models.PROTECT, related_name="exceptions")

    class Meta(ExceptionRecord.Meta):
        verbose_name = _("exception for a checkout")
        verbose_name_plural = _("exceptions for checkouts")

    def about(self) -> list[models.Model]:
        place = self.checkout.place
        return [self, self.checkout, place, place.booking, place.training]

    def subject_text(self) -> str:
        return str(self.checkout)

    def page(self) -> str:
        return reverse("certification:checkout", args=[self.checkout.place_id])

    def told(self) -> list[Person]:
        """More time may be asked for by a coordinator: whose exercises they are hears of it as well."""
        found = super().told()
        person = self.checkout.place.person
        return found if self.rule != "R25" or person in found else [*found, person]

    def page_for(self, person: Person) -> str:
        """Their own exercises; for who asked on their behalf the booking, because the exercises are nobody else's to see."""
        place = self.checkout.place
        return self.page() if person.pk == place.person_id else reverse("pages:booking", args=[place.booking_id])

    def zone(self) -> str:
        return self.checkout.place.training.zone

    def reader_zone(self) -> str:
        return self.checkout.place.booking.site_zone

    def default_to_date(self) -> date:
        """The day that an extension is offered first: the one asked for, or as many days more as the edition says."""
        days = self.checkout.place.training.edition.edition().extension_days
        return self.to_date or self.checkout.due_on + timedelta(days=days)

    def default_until(self) -> datetime:
        return CutOff(on=self.default_to_date(), zone=self.zone()).ends_at

    def gainers(self) -> set[int]:
        return self.checkout.gainers()

    def lock_subject(self) -> None:
        Checkout.objects.select_for_update(of=("self",), no_key=True).get(pk=self.checkout_id)

    def same_waiting(self) -> bool:
        return CheckoutException.objects.waiting().filter(rule=self.rule, checkout=self.checkout_id).exists()
