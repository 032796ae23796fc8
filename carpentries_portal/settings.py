"""All settings, in one file. Nothing needs to be set for the embedded default; production says what it misses.

Production is: DATABASE_URL is set. The variables stand in the README, under "Operations".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_guid.integrations import CeleryIntegration

from carpentries_portal.common import logs
from carpentries_portal.common.secret_key import own_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- what kind of portal this is -------------------------------------------------------------------------------------
PORTAL_TEST = env.bool("PORTAL_TEST", default=False)  # real processes in tests: the clock may be moved
PORTAL_DEMO = env.bool("PORTAL_DEMO", default=False)  # the letters of the mail folder can be read in the browser
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("PORTAL_DATA_DIR", default=str(BASE_DIR / "var")))
PRODUCTION = bool(env.str("DATABASE_URL", default="")) and not PORTAL_TEST

if PRODUCTION:
    _missing = [
        name for name in ("SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "REDIS_URL", "EMAIL_URL") if not env.str(name, default="")
    ]
    if _missing:
        raise ImproperlyConfigured("DATABASE_URL is set, so this is production. Set too: " + ", ".join(_missing))
    if PORTAL_DEMO:
        raise ImproperlyConfigured("PORTAL_DEMO shows everybody's letters: it does not go with DATABASE_URL.")

SECRET_KEY = env.str("SECRET_KEY", default="") or own_secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # keys of before: they still open what they closed
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE = urlsplit(SITE_URL).scheme == "https"

# --- the portal's clock ----------------------------------------------------------------------------------------------
PORTAL_CLOCK_FILE = env.str("PORTAL_CLOCK_FILE", default="")
if PORTAL_CLOCK_FILE and not PORTAL_TEST:
    raise ImproperlyConfigured("PORTAL_CLOCK_FILE moves the clock: only with PORTAL_TEST=1.")

# --- apps ------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "carpentries_portal.common.apps.CommonConfig",
    "carpentries_portal.common.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_guid",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_countries",
    "memberships",
    "trainings",
    "trainees",
    "certification",
    "carpentries_portal.pages.apps.PagesConfig",
    "carpentries_portal.demo.apps.DemoConfig",
]
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "carpentries_portal.common.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "carpentries_portal.common.middleware.ReadableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "carpentries_portal.common.middleware.NowMiddleware",
    "carpentries_portal.common.second_factor.StaffFactorMiddleware",
]
ROOT_URLCONF = "carpentries_portal.urls"
WSGI_APPLICATION = "carpentries_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "carpentries_portal.pages.context.portal",
            ],
            # Django's tags, quicker where nothing in them varies: an app's library of the same name, and a builtin
            "libraries": dict.fromkeys(("i18n", "static"), "carpentries_portal.common.templatetags.fixed"),
            "builtins": ["carpentries_portal.common.templatetags.fixed"],
        },
    }
]

# --- database: SQLite that takes one short writer at a time, or what DATABASE_URL says --------------------------------
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL")}
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0 if PORTAL_TEST else 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Seconds; libpq's own are minutes. To weigh every order of joins takes longer than our reads (README, Decisions).
    _defaults = {"connect_timeout": 10, "options": "-c join_collapse_limit=4"}
    DATABASES["default"]["OPTIONS"] = _defaults | DATABASES["default"].get("OPTIONS", {})
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "portal.sqlite3",
            # A file in tests too: in memory, all threads of a live server share one connection and one transaction.
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "common.Person"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",
    "templates.W003",
]  # "fixed" takes the place of two tag libraries; an address is unique by its folded key, and found by it (Person.email_key)
AUTHENTICATION_BACKENDS = [
    "carpentries_portal.common.backends.PersonBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}}
]
ACCOUNT_ADAPTER = "carpentries_portal.common.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60  # seconds: mail servers take their time
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # the code, or the personal link, is the proof
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody learns which addresses are known
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of second factors: who has one set up or taken away hears of it
MFA_ADAPTER = "carpentries_portal.common.second_factor.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]  # beside the code by mail; a passkey alone logs nobody in
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the code by mail proved it
MFA_TOTP_ISSUER = "Instructor training"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=PRODUCTION)  # whether /admin/ opens only with one
SESSION_ENGINE = "carpentries_portal.common.sessions"
ACCOUNT_RATE_LIMITS = {"certificate_number": "20/10m/ip"}  # beside allauth's own: numbers typed at /verify/

# --- mail: a folder that the demo can show, or what EMAIL_URL says ------------------------------------------------------
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "carpentries_portal.common.mail_folder.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Instructor training <portal@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
STAFF_EMAIL = env.str("STAFF_EMAIL", default="staff@example.org")

# --- cache, queue: files and a folder, or Redis -------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CELERY_BROKER_URL = REDIS_URL
    # Redis gives a message that was not acknowledged to another worker after the visibility timeout: it has to be longer than
    # a task may last (CELERY_TASK_TIME_LIMIT), or one that is still at work would be done twice.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(DATA_DIR / "cache")}}
    _queue = DATA_DIR / "queue"
    for _folder in ("messages", "control"):
        (_queue / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
    }
CELERY_TASK_IGNORE_RESULT = True  # what came of the work stands in the database
# Late: a message is done with when its task is. A worker that is killed outright is not replaced at once by the same message (a task
# that kills its worker would go round for ever): the sweep of the next minute finds the work.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # no worker sits on messages that another could do
# Tasks end by themselves after a minute or so (common.tasks.TURN) and ring for the rest, so that TERM, a warm stop, waits no longer.
# The limit is for one that hangs. No soft limit: its exception could fall between the mail server's OK and our commit.
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # a lost broker is no reason to break off: effects are done once
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # kB; a process that has grown is replaced between two tasks
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # worker and beat wait as long as it takes; a hundred tries, celery's own, are an hour
CELERY_TASK_PUBLISH_RETRY = False  # the message is only a doorbell: the sweep looks anyway
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_TIMEZONE = "UTC"
PORTAL_SWEEP_SECONDS = env.float("PORTAL_SWEEP_SECONDS", default=60.0)  # how often the sweep looks for what is due

# --- the nightly run ---------------------------------------------------------------------------------------------------
PORTAL_RUN_AT = env.str("PORTAL_RUN_AT", default="12:30")  # UTC: every zone has ended the day
PORTAL_BRAKE_TRAININGS = env.int("PORTAL_BRAKE_TRAININGS", default=5)  # per rule and cut-off day
PORTAL_BRAKE_SEATS = env.int("PORTAL_BRAKE_SEATS", default=60)

# --- people's data -------------------------------------------------------------------------------------------------------
PORTAL_EVIDENCE_DAYS = env.int(
    "PORTAL_EVIDENCE_DAYS", default=180
)  # after a training: how long its videoconference reports are kept

# --- languages, time ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["carpentries_portal.formats"]

# --- files -------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # so that nothing warns before the first collectstatic
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or PORTAL_TEST
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or PORTAL_TEST
MEDIA_ROOT = DATA_DIR / "files"

# --- security ----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SECURE and env.bool("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # a load balancer asks from inside, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # limits count the address that the proxy saw, not one that a browser claims

# --- log ---------------------------------------------------------------------------------------------------------------
# One JSON object a line where machines read it; addresses and keys are masked in either form. Each line carries the request's id, also what
# a worker does for that request: the proxy's X-Request-ID where it sends one.
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "EXPOSE_HEADER": False,
    "IGNORE_URLS": ["healthz"],
    "INTEGRATIONS": [CeleryIntegration()],
}
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "line")
if LOG_FORMAT not in {"json", "line"}:
    raise ImproperlyConfigured("LOG_FORMAT is json or line.")
LOGGING = logs.configuration(form=LOG_FORMAT, level=env.str("LOG_LEVEL", default="INFO"))
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its lines go the same way

# --- errors: to a collector that speaks Sentry's protocol, without people -------------------------------------------------
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    logs.report_errors(to=SENTRY_DSN, environment=env.str("SENTRY_ENVIRONMENT", default=urlsplit(SITE_URL).hostname or ""))
