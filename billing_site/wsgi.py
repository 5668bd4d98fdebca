"""WSGI entry point for gunicorn and other servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")

application = get_wsgi_application()

# All routes with their pages are loaded now, not by the first request; what is loaded stays, so
# that the garbage collector need not look through it again in the middle of a page.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
