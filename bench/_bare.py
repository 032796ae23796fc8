"""The yardstick: bare Django views on gunicorn. One page of one query and 20 lines; one booking of a lock, a check, an insert, two updates.

Lean on purpose: no session, no middleware, no rules. Never fatten it.
"""

from __future__ import annotations

import os

from django.conf import settings

if not settings.configured:
    from urllib.parse import urlsplit

    parts = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="bare",
        ROOT_URLCONF="bench._bare",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "bare",
                "HOST": parts.hostname,
                "PORT": parts.port,
                "USER": parts.username,
                "CONN_MAX_AGE": 60,
            }
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )

import django
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

django.setup()


class Course(models.Model):
    capacity = models.IntegerField()
    taken = models.IntegerField(default=0)

    class Meta:
        app_label = "bare"


class Account(models.Model):
    available = models.IntegerField()
    reserved = models.IntegerField(default=0)

    class Meta:
        app_label = "bare"


class Ticket(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    seats = models.IntegerField()

    class Meta:
        app_label = "bare"


LINES = "\n".join(f"<p>{{{{ rows.{n}.pk }}}} {{{{ rows.{n}.capacity }}}}</p>" for n in range(20))
PAGE = Engine().from_string(f"<!doctype html><title>bare</title>{LINES}")


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE.render(Context({"rows": list(Course.objects.order_by("pk")[:20])})))


def book(request: HttpRequest) -> HttpResponse:
    seats = int(request.POST["seats"])
    with transaction.atomic():
        course = Course.objects.select_for_update(no_key=True).get(pk=request.POST["course"])
        account = Account.objects.select_for_update(no_key=True).get(pk=request.POST["account"])
        if course.taken + seats > course.capacity or account.available < seats:
            return HttpResponse("full", status=409)
        Ticket.objects.create(course=course, account=account, seats=seats)
        Course.objects.filter(pk=course.pk).update(taken=models.F("taken") + seats)
        Account.objects.filter(pk=account.pk).update(available=models.F("available") - seats, reserved=models.F("reserved") + seats)
    return HttpResponse("booked", status=201)


urlpatterns = [path("page/", page), path("book/", book)]
application = get_wsgi_application()


def fill(courses: int, accounts: int) -> None:
    """The tables, anew, with room for everybody."""
    with connection.schema_editor() as editor:
        for model in (Ticket, Account, Course):
            editor.execute(f"DROP TABLE IF EXISTS {model._meta.db_table} CASCADE")
        for model in (Course, Account, Ticket):
            editor.create_model(model)
    Course.objects.bulk_create(Course(capacity=1_000_000) for _ in range(courses))
    Account.objects.bulk_create(Account(available=15) for _ in range(accounts))


if __name__ == "__main__":
    import sys

    fill(int(sys.argv[1]), int(sys.argv[2]))
