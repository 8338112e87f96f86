"""The settings of the project.

What each of them means: https://docs.djangoproject.com/en/5.2/ref/settings/
"""

from pathlib import Path

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
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.limit_body",
    "config.middleware.require_utf8",
    "config.middleware.LockedDatabaseMiddleware",
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

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        # Take the write lock when a transaction begins. By default, SQLite takes it at the first
        # write, and fails with "database is locked" if another writer came first.
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "fbv:sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# The URL of the mail server. In development, mails are printed instead.
MAIL_SERVER = env.mail_server("EMAIL_URL", default="consolemail://" if DEBUG else env.NOTSET)
EMAIL_BACKEND = MAIL_SERVER["EMAIL_BACKEND"]
EMAIL_HOST = MAIL_SERVER["EMAIL_HOST"]
EMAIL_PORT = MAIL_SERVER["EMAIL_PORT"]
EMAIL_HOST_USER = MAIL_SERVER["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = MAIL_SERVER["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = MAIL_SERVER.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL_SERVER.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL_SERVER["EMAIL_FILE_PATH"]
# In seconds: a server that does not respond delays a visitor by no more than this.
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
