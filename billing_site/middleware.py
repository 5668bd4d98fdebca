"""What surrounds every request: which content a page may load, and how long a session lasts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

import audit.operations
from billing_site.authentication import key_of

Answer = Callable[[HttpRequest], HttpResponse]

# The admin theme's Alpine.js evaluates attributes and sets styles; nothing is loaded elsewhere.
PAGES = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
API = "default-src 'none'; frame-ancestors 'none'"
TOUCH_EVERY_SECONDS = 60


def content_security(get_response: Answer) -> Answer:
    """Say what the browser may load: our own files only, and for the API nothing at all."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_api = request.path.startswith("/api/") and not request.path.startswith("/api/v1/docs")
        response.headers.setdefault("Content-Security-Policy", API if is_api else PAGES)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"
        )
        return response

    return answer


def session_limits(get_response: Answer) -> Answer:
    """End a session 12 hours after log-in, or when it was not used for half an hour."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and "_auth_user_id" in request.session:
            now = int(time.time())
            started = request.session.setdefault("started_at", now)
            seen = request.session.setdefault("seen_at", now)
            too_old = now - started > settings.SESSION_COOKIE_AGE
            too_idle = now - seen > settings.SESSION_IDLE_SECONDS
            if too_old or too_idle:
                logout(request)
                messages.warning(request, "Your session ended. Log in again to go on.")
                return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
            if now - seen > TOUCH_EVERY_SECONDS:
                request.session["seen_at"] = now
        return get_response(request)

    return answer


def audit_context(get_response: Answer) -> Answer:
    """Let every change that a request makes be recorded with who, by which way and in which one.

    A page that only reads changes nothing, so it is spared the two statements.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        if request.method in ("GET", "HEAD", "OPTIONS"):
            response = get_response(request)
        else:
            is_api = request.path.startswith("/api/")
            key = key_of(request) if is_api else None
            with audit.operations.context(
                actor=key.user if key is not None else request.user,
                via="api" if is_api else "console",
                request_id=request_id,
            ):
                response = get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response

    return answer
