"""The settings of the project.

What each of them means: https://docs.djangoproject.com/en/5.2/ref/settings/
"""

from pathlib import Path

from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# Made anew at each start. Nothing is signed with it, so nothing breaks when it changes, and a
# key that is written nowhere cannot leak.
SECRET_KEY = get_random_secret_key()

# Shows the details of an error in the browser, and answers to localhost alone.
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

# Nothing is stored.
DATABASES = {}

TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
