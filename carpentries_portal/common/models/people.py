"""Who is who: one row a person (P11), and the personal links that let them in."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.texts import folded


def email_key(email: str) -> str:
    """The key that makes an address one person: without surrounding space, compared without case (P11). Folded here because SQLite's LOWER knows only ASCII."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


AT_NOWHERE = "@forgotten.invalid"
"""How the address of somebody ends who was forgotten: no mail reaches it."""


class NameKeyField(models.CharField):  # type: ignore[type-arg]  # not subscriptable at run time
    """The folded name, by which people are found; follows from the name whenever a row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = folded(getattr(model_instance, "name", ""))[:200]
        setattr(model_instance, self.attname, key)
        return key


class PersonManager(BaseUserManager["Person"]):
    """Finds people by address; makes them through `people.find_or_add_person`, or here for commands."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email_key=email_key(username or ""))

    def with_email(self, email: str) -> Person | None:
        """Whose address it is, or was before two people were merged."""
        found = self.filter(email_key=email_key(email)).select_related("merged_into").first()
        return found and (found.merged_into or found)

    def create_user(self, email: str, name: str = "", password: str | None = None, **fields: Any) -> Person:
        """A new person; without a password none is usable. Raises IntegrityError for an address that is known."""
        person = self.model(email=email.strip(), email_key=email_key(email), name=name, **fields)
        person.set_password(password) if password else person.set_unusable_password()
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, name: str = "", password: str | None = None, **fields: Any) -> Person:
        return self.create_user(email, name, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """A person, known by one e-mail address (P11). What they may do stands in rows that point here."""

    email = models.EmailField(_("e-mail"), max_length=254, help_text=_("As the person writes it."))
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    name_key = NameKeyField(max_length=200, blank=True, default="", db_default="", editable=False)
    zone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("Hours are shown in it too; empty: as the browser says.")
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("may log in"), default=True)
    added_at = models.DateTimeField(null=True, blank=True, editable=False)
    forgotten_at = models.DateTimeField(_("forgotten at"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(  # who they turned out to be: then this row keeps the old name and address, and nothing else
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_here", verbose_name=_("merged into")
    )
    merged_at = models.DateTimeField(_("merged at"), null=True, blank=True, editable=False)

    lacks_factor = False
    """Set for a session of staff that did not give the second factor they need: no right of staff holds in it. No column."""
    stopped_as_staff = False
    """Whether such a session wanted a right of staff: then the page leads to the factor. No column."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(forgotten_at__isnull=True) | models.Q(is_active=False, name=""),
                name="person_forgotten_has_no_name",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True, merged_at__isnull=True)
                | models.Q(merged_into__isnull=False, merged_at__isnull=False, is_active=False)
                & ~models.Q(merged_into=models.F("id")),
                name="person_merged_is_closed",
            ),
        ]
        permissions = [
            ("merge_people", "Can merge two people"),
            ("end_access", "Can end sessions and links of a person"),
            ("grant_role", "Can say who has which role"),
        ]

    def __str__(self) -> str:
        if self.forgotten_at is not None:
            return gettext("somebody forgotten")
        return self.name or self.email

    def save(self, **options: Any) -> None:
        """A name that is written takes its key along."""
        if options.get("update_fields") is not None and "name" in options["update_fields"]:
            options["update_fields"] = [*options["update_fields"], "name_key"]
        super().save(**options)

    def clean(self) -> None:
        super().clean()
        self.email_key = email_key(self.email)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class PersonalLink(models.Model):
    """A way in from a letter: 32 random bytes, of which only the hash is kept; it can be revoked and expires."""

    token_hash = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="personal_links")
    purpose = models.CharField(max_length=40)
    leads_to = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("personal link")
        constraints = [
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("made_at")), name="link_expires_after_it_is_made"),
            models.CheckConstraint(condition=models.Q(leads_to__startswith="/"), name="link_leads_into_the_portal"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} link of {self.person_id}"
