"""The settings of the project.

What each of them means: https://docs.djangoproject.com/en/5.2/ref/settings/
"""

import ssl
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
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

# How events are logged: as JSON for programs, or as text for a developer.
LOG_FORMAT = env.choice("LOG_FORMAT", ["json", "text"], default="text" if DEBUG else "json")
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.JsonFormatter"},
        "text": {"()": "config.logs.TextFormatter"},
    },
    "filters": {"request_id": {"()": "config.request_ids.RequestIdFilter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "stream": "ext://sys.stdout",
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    # Django gives these two handlers of their own. Without them, their events go to the root's.
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True},
    },
}

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
    # First: a health check has no valid Host header, and must not be redirected.
    "config.health.HealthCheckMiddleware",
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    # Serves static files, with the headers of the middleware above, and before all other.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.limit_body",
    "config.middleware.require_utf8",
    "config.middleware.UnavailableDatabaseMiddleware",
    "config.middleware.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
                "csp.context_processors.nonce",
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
STATEMENT_TIMEOUT = env.non_negative_int("STATEMENT_TIMEOUT", default=0)
DATABASES["default"]["OPTIONS"] = {
    # In seconds: a server that does not respond delays a visitor by no more than this.
    "connect_timeout": 5,
    # In milliseconds: so long, a server may leave what was sent to it unacknowledged. After that,
    # the connection is closed; by default, it takes a quarter of an hour to notice.
    "tcp_user_timeout": 5000,
    # No query waits longer than this for a row or a table that another transaction has locked. And
    # none takes longer than the variable says, in seconds; 0 stands for no limit.
    "options": f"-c lock_timeout=5s -c statement_timeout={STATEMENT_TIMEOUT}s",
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
# A worker that is told to stop finishes the tasks that end within this time, in seconds, and hands
# back the others. Less than platforms wait before they kill a process, which is mostly 30 seconds.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
# A worker takes one message for each of its processes, and leaves the rest to other workers.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# What beat publishes, and when each day (UTC). A message that no worker takes within an hour
# expires: the next night is soon enough, and nothing piles up.
CELERY_BEAT_SCHEDULE = {
    "purge-accounts": {
        "task": "accounts.tasks.purge_accounts",
        "schedule": crontab(hour=3, minute=0),
        "options": {"expires": 60 * 60},
    },
    "clear-sessions": {
        "task": "accounts.tasks.clear_sessions",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 60 * 60},
    },
}
# Keep the schedule in memory. By default, beat stores the time of each task's last run in a file.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

AUTH_USER_MODEL = "accounts.User"
# Django asks them in this order. The first only limits the rate; it never signs anybody in.
AUTHENTICATION_BACKENDS = [
    "accounts.backends.RateLimitBackend",
    "django.contrib.auth.backends.ModelBackend",
]
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
# How long an account may await its activation. Longer than its link is valid.
ACTIVATION_PERIOD = timedelta(days=7)

# How often a client may do something, in total and for one account: (number, period in seconds).
RATE_LIMITS = {
    "sign-in": {"client": (60, 600), "account": (10, 600)},
    "sign-up": {"client": (30, 3600), "account": (5, 3600)},
    "password-reset": {"client": (30, 3600), "account": (5, 3600)},
    "publish": {"client": (60, 600)},
    "search": {"client": (120, 60)},
}
# How many proxies a request comes through. Each appends the address of its client to
# X-Forwarded-For; if the number is too high, clients can forge theirs.
TRUSTED_PROXIES = env.non_negative_int("TRUSTED_PROXIES", default=0)
# The proxies set this header: it says how the visitor reached the first of them. Without a proxy,
# the client would say so itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# A site with HTTPS sends its cookies by no other way, and redirects all that comes by HTTP.
IS_HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_HTTPS)
# Forms of this site are trusted by its own name, whatever a proxy makes of the Host header.
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# For how long browsers refuse to reach the site by HTTP, in seconds. They do so even if HTTPS
# stops working, so it is off until somebody decides.
SECURE_HSTS_SECONDS = env.non_negative_int("SECURE_HSTS_SECONDS", default=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
# W021 asks for "preload": a list that is built into browsers. Only the domain's owner can decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# A link in a mail contains a token: no other site learns the URL of a page. Not "no-referrer", with
# which browsers hide the origin of a form, so that the CSRF check would refuse it.
SECURE_REFERRER_POLICY = "same-origin"
# No page needs these, so no script that slips in can use them, and no frame.
PERMISSIONS_POLICY = {
    feature: []
    for feature in ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"]
}
# What a page may load and run, and where it may send something: what is listed, and nothing else.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # Only a script that a template has marked with the nonce of this response.
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's and Swagger UI's icons are data: URLs.
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
# What replaces that below a path. The templates of the admin mark no script. Swagger UI and
# GraphiQL send everything by script, so no form needs to be sent. GraphiQL adds style sheets while
# it runs, and its fonts are data: URLs.
CONTENT_SECURITY_POLICIES = {
    "/admin/": {"script-src": [SELF]},
    "/api/docs/": {"form-action": [NONE]},
    "/graphql/": {
        "form-action": [NONE],
        "style-src": [SELF, NONCE],
        "font-src": ["data:"],
    },
}

TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Where `collectstatic` stores the files for production: compressed, and with a hash of the content
# in each name, so that browsers may keep them for ever. In development, they are found where they
# are.
STATIC_ROOT = BASE_DIR / "staticfiles"
STATIC_STORAGE = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_STORAGE},
}

MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"

# The images are in a bucket of S3 if one is named, and in MEDIA_ROOT otherwise. Its credentials are
# no setting: boto3 finds them in the environment, or asks the machine for the rights that it has.
if MEDIA_BUCKET := env.bucket("MEDIA_BUCKET"):
    MEDIA_REGION = env.str("MEDIA_REGION")
    # The server of AWS, or another one that speaks its protocol.
    MEDIA_ENDPOINT = env.site("MEDIA_ENDPOINT", default=f"https://s3.{MEDIA_REGION}.amazonaws.com")
    STORAGES["default"] = {
        "BACKEND": "blog.storage.ImageStorage",
        "OPTIONS": {
            "bucket_name": MEDIA_BUCKET,
            "region_name": MEDIA_REGION,
            "endpoint_url": MEDIA_ENDPOINT,
            "addressing_style": "path",
            # For how long the URL of an image in a page is valid, in seconds.
            "querystring_expire": 15 * 60,
        },
    }
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(f"{MEDIA_ENDPOINT}/{MEDIA_BUCKET}/")

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
