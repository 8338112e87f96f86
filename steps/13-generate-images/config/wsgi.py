"""The WSGI application of the project, for web servers."""

import os

from django.core.wsgi import get_wsgi_application

# Assigned, and not only a default, for the same reason as in manage.py.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

application = get_wsgi_application()
