"""The ASGI application of the project, for asynchronous servers."""

import os

from django.core.asgi import get_asgi_application

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

application = get_asgi_application()
