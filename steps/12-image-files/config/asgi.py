"""The project as an ASGI application, for an asynchronous web server to import."""

import os

from django.core.asgi import get_asgi_application

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

application = get_asgi_application()
