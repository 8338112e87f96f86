"""The settings of the project.

What each of them means: https://docs.djangoproject.com/en/5.2/ref/settings/
"""

from pathlib import Path

from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# Generated at each start. Nothing is signed with it, so a new key breaks nothing, and a key that is
# not written anywhere cannot leak.
SECRET_KEY = get_random_secret_key()

# Shows error details in the browser, and allows requests to localhost only.
DEBUG = True
ALLOWED_HOSTS = []

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
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
            ],
        },
    },
]

# The project has no database.
DATABASES = {}

TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
