"""The settings of the project.

What each of them means: https://docs.djangoproject.com/en/5.2/ref/settings/
"""

import ssl
from datetime import timedelta
from pathlib import Path

from redis.backoff import NoBackoff
from redis.retry import Retry

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
env.read_file(BASE_DIR / ".env")

SECRET_KEY = env.str("SECRET_KEY")

# Shows error details in the browser, so it is off by default. Without it, Django needs the host
# names to respond to; with it, localhost is enough.
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default=[] if DEBUG else env.NOTSET)

# The base URL of the site: the links in mails begin with it.
SITE_URL = env.site("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else env.NOTSET)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "accounts",
    "blog",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.limit_body",
    "config.middleware.require_utf8",
    "config.middleware.UnavailableDatabaseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

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

# Finds form templates through TEMPLATES, and widget templates in the app "django.forms".
FORM_RENDERER = "config.forms.FormRenderer"

DATABASES = {"default": env.database("DATABASE_URL")}
# A connection takes longer than most queries: keep it for later requests, in seconds, and check
# that it is still open when the next request begins.
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    # In seconds: a server that does not respond delays a visitor by no more than this.
    "connect_timeout": 5,
    # No query waits longer than this for a row or a table that another transaction has locked.
    "options": "-c lock_timeout=5s",
    **DATABASES["default"].get("OPTIONS", {}),
}

# All texts are in English: Django need not ask for the language of each value that it renders.
USE_I18N = False

CACHES = {
    "default": {
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": [env.redis("CACHE_URL")],
        # Other programs may use the same database.
        "KEY_PREFIX": "mublog",
        # In seconds: if a cached value cannot be invalidated, it is shown for no longer than this.
        "TIMEOUT": 60,
        "OPTIONS": {
            # In seconds: the cache only saves time, so no page waits long for it. One retry, at
            # once: a firewall on the way may have forgotten the connection meanwhile.
            "socket_connect_timeout": 0.2,
            "socket_timeout": 0.2,
            "retry": Retry(NoBackoff(), retries=1),
        },
    }
}
# Sessions are read from the cache. The database has them too, so that none is lost with the cache.
CACHES["sessions"] = {**CACHES["default"], "BACKEND": "config.cache.SessionCache"}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker, which keeps the messages of tasks until a worker takes them.
CELERY_BROKER_URL = env.redis("BROKER_URL")
# With TLS, verify the certificate: by default, Celery would accept any.
IS_TLS = CELERY_BROKER_URL.startswith("rediss:")
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if IS_TLS else None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True  # A worker waits for it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # In seconds, as all times here. With one retry, a visitor waits for a broker that does not
    # respond for no more than 0.6 seconds.
    "socket_connect_timeout": 0.3,
    "socket_timeout": 0.3,
    # A message that no worker has acknowledged by then goes to another worker. Longer than any task
    # runs; otherwise two workers would run the same one.
    "visibility_timeout": 5 * 60,
}
# The first attempt may find a connection that was closed meanwhile; the second opens a new one.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}

# Web processes publish to this queue, and workers read it: both take its name from here.
CELERY_TASK_DEFAULT_QUEUE = "mublog"
# JSON only, in both directions: to decode a pickle is to run the code in it.
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# No task returns anything, so nothing stores results.
CELERY_TASK_IGNORE_RESULT = True

# A task that takes longer gets an exception; if that does not end it, its process is killed.
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
# Acknowledge a message when its task has ended, and not when it begins: if the worker dies, or the
# process in which it runs the task, another worker gets the message. So each task may run twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A worker takes one message for each of its processes, and leaves the rest to other workers.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "fbv:sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# The URL of the mail server. In development, the worker prints mails instead.
MAIL_SERVER = env.mail_server("EMAIL_URL", default="consolemail://" if DEBUG else env.NOTSET)
EMAIL_BACKEND = MAIL_SERVER["EMAIL_BACKEND"]
EMAIL_HOST = MAIL_SERVER["EMAIL_HOST"]
EMAIL_PORT = MAIL_SERVER["EMAIL_PORT"]
EMAIL_HOST_USER = MAIL_SERVER["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = MAIL_SERVER["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = MAIL_SERVER.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL_SERVER.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL_SERVER["EMAIL_FILE_PATH"]
# In seconds: a server that does not respond delays a worker by no more than this.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.address(
    "DEFAULT_FROM_EMAIL", default="mublog@localhost" if DEBUG else env.NOTSET
)
# How long mailed links are valid, in seconds: one day.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60

TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]

MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"

# The size limit of a request body, in bytes: far more than a form needs.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
UPLOAD_MAX_SIZE = 6 * 1024**2  # With files: an image of 5 MB, and the rest of the form.

# Errors below these paths are JSON, even outside the views.
JSON_PATHS = ("/api/",)

# How long a token is valid.
TOKEN_LIFETIME = timedelta(days=30)

REST_FRAMEWORK = {
    # The first class sets the WWW-Authenticate header of a 401: it asks for a token.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    # Views require a signed-in user unless they say otherwise.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # JSON only, whatever a browser asks for.
    "DEFAULT_PARSER_CLASSES": ["interfaces.rest.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "interfaces.rest.docs.Schema",
    "EXCEPTION_HANDLER": "interfaces.rest.errors.exception_handler",
    "NON_FIELD_ERRORS_KEY": "detail",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "μblog",
    "VERSION": "1.0.0",
    "DESCRIPTION": """\
Everything that the pages of μblog do, for programs.

- **Authentication.** Anyone may read, and publish without an author. For the rest, create a token
  and send it as `Authorization: Token …`; or sign in, and send the session cookie, and its CSRF
  token as `X-CSRFToken` with every request that changes something.
- **Errors** are listed by field, as in `{"text": ["This field is required."]}`, or as
  `{"detail": "…"}`.
- **Two implementations.** Function views respond below `/api/fbv/`, class-based views below
  `/api/cbv/`. They do the same.
""",
    "TAGS": [
        {"name": "fbv", "description": "Function views"},
        {"name": "cbv", "description": "Class-based views"},
    ],
    # Removed before a path is tagged: ``/api/fbv/posts/`` gets the tag ``fbv``.
    "SCHEMA_PATH_PREFIX": "/api/",
    # An image is uploaded as a file and returned as a URL: a post has two schemas.
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
}
