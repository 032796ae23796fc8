"""The yardstick of admin lists and the desk: the stock changelist of a plain model (Django's own Site), 100 rows, on the same gunicorn.

As `startproject` makes it, and no more. Never fatten it.
"""

from __future__ import annotations

import os

from django.conf import settings

if not settings.configured:
    from urllib.parse import urlsplit

    parts = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="stock",
        ROOT_URLCONF="bench._stock",
        STATIC_URL="static/",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "stock",
                "HOST": parts.hostname,
                "PORT": parts.port,
                "USER": parts.username,
                "CONN_MAX_AGE": 60,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django.contrib.sites",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
    )

import django

django.setup()

from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.urls import path

PATH = "/admin/sites/site/"
urlpatterns = [path("admin/", admin.site.urls)]
application = get_wsgi_application()


def fill(rows: int) -> str:
    """The tables, and rows; the cookie of a superuser."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sites.models import Site
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    Site.objects.bulk_create(Site(domain=f"site{number}.example.org", name=f"Site {number}") for number in range(rows))
    user = User.objects.create_superuser("staff", "staff@example.org", "stock-password")
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


if __name__ == "__main__":
    import sys

    sys.stdout.write(fill(int(sys.argv[1])))
