"""Settings, read from the environment; docs/operators/settings.md lists every variable.

Importing this module starts nothing: without DATABASE_URL the address of the development
server is computed, and manage.py, the servers and the tests start it when they need it.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from billing_site import devdb
from billing_site.sidebar import UNFOLD  # noqa: F401  (read by the admin theme)
from billing_site.tabs import CONSOLE_FIGURES, CONSOLE_TABS, CONSOLE_WAYS  # noqa: F401  (read by every page)

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# -- What kind of installation this is ---------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="")
ON_DEVELOPMENT_DATABASE = not DATABASE_URL
DEBUG = env.bool("DEBUG", default=ON_DEVELOPMENT_DATABASE)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-not-a-secret" if DEBUG else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY to a long random value: it is required in production."
    )
if (
    ON_DEVELOPMENT_DATABASE
    and not DEBUG
    and not env.bool("ALLOW_EMBEDDED_DATABASE", default=False)
):
    raise ImproperlyConfigured(
        "DEBUG is off and DATABASE_URL is not set: the embedded server is for development only."
    )
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", default="Development" if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS = env.bool("BEHIND_TLS", default=not DEBUG)
VAR_DIR = Path(env.str("BILLING_VAR_DIR", default=str(BASE_DIR / "var")))

# -- Apps, floor by floor ----------------------------------------------------------------------
ROOMS = [
    "foundation",
    "audit",
    "ledger",
    "tax",
    "catalog",
    "customers",
    "receivables",
    "rating",
    "invoicing",
    "payments",
    "revrec",
    "collecting",
    "billing_site",
]
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "mptt",
    "djmoney",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "import_export",
    "django_q",
    *ROOMS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "billing_site.middleware.content_security",
    "billing_site.middleware.session_limits",
    "billing_site.middleware.audit_context",
]
ROOT_URLCONF = "billing_site.urls"
WSGI_APPLICATION = "billing_site.wsgi.application"
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
            ],
        },
    },
]

# -- Database ----------------------------------------------------------------------------------
# No connection pool: it is shared across the forks of the task cluster and breaks there.
DATABASES = {
    "default": {
        **devdb.connection_settings(DATABASE_URL or devdb.development_cluster().url()),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("BEHIND_PGBOUNCER", default=False),
    },
}
DATABASES["default"]["OPTIONS"] = {
    "application_name": "billing",
    "options": " ".join(
        (
            f"-c statement_timeout={env.int('DB_STATEMENT_TIMEOUT_MS', default=300_000)}",
            f"-c lock_timeout={env.int('DB_LOCK_TIMEOUT_MS', default=15_000)}",
            "-c idle_in_transaction_session_timeout=900000",
        )
    ),
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    },
}

# -- People ------------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# -- Language, time, money ---------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "billing_site.formats"
USE_THOUSAND_SEPARATOR = False  # an id in a template must stay a number; cells group by themselves

# -- Files -------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("FILES_ROOT", default=str(VAR_DIR / "files")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
IMPORT_EXPORT_USE_TRANSACTIONS = True

# -- Tasks: the queue carries "continue run N" and the schedule tick, nothing else -------------
Q_CLUSTER = {
    "name": "billing",
    "orm": "default",
    "workers": env.int("TASK_WORKERS", default=2),
    "timeout": 60,
    "retry": 180,
    "max_attempts": 5,
    "catch_up": False,
    "ack_failures": True,
    "poll": 1,
    "bulk": 1,
    "recycle": 200,
    "save_limit": 1000,
    "label": "Task queue",
}

# -- API ---------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "foundation.api.schema.HouseSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "billing_site.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "foundation.api.problems.handle",
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="1200/min")},
    "COERCE_DECIMAL_TO_STRING": True,
    "URL_FORMAT_OVERRIDE": None,  # `format` is a column that lists are narrowed by
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Billing engine API",
    "DESCRIPTION": "Catalogue, customers, usage, bill runs, invoices, payments and receivables.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # Words that several nouns use for their own set of states.
    "ENUM_NAME_OVERRIDES": {
        "CustomerStatusEnum": "customers.choices.CustomerStatus",
        "AccountStatusEnum": "customers.choices.AccountStatus",
        "OrderStateEnum": "customers.choices.OrderState",
        "SubscriptionStateEnum": "customers.choices.SubscriptionState",
        "SegmentStateEnum": "customers.choices.SegmentState",
        "ServiceStateEnum": "customers.choices.ServiceState",
    },
}

# -- What the ground floor uses of the floors above --------------------------------------------
BILLING_ENTITIES_OF: str = "ledger.queries.entities_of"
WEBHOOKS_TO_LOCAL: bool = DEBUG and env.bool("WEBHOOKS_TO_LOCAL", default=False)
BILLING_IDEMPOTENCY_STORE: str = "billing_site.idempotency.STORE"

# -- Mail, security, logs ----------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="billing@localhost")
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https")
    if env.bool("TRUST_FORWARDED_PROTO", default=False)
    else None
)
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 3600  # at most this long from log-in …
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)  # … or this long unused
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
