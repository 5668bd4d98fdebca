"""Error pages in the console's frame; the last one needs nothing that could be broken too."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the page is not for this role."""
    return _page(request, 403, "Not for your role", str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing here."""
    return _page(request, 404, "Nothing at this address", "")


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke; without the frame, which might be what broke."""
    return HttpResponse(render_to_string("500.html"), status=500)


def _page(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail or title,
        }
        return JsonResponse(body, status=status, content_type="application/problem+json")
    context = {"title": title, "status": status, "detail": detail}
    if request.user.is_authenticated and request.user.is_staff:
        context = {**admin.site.each_context(request), **context}
        response = TemplateResponse(request, "console/error.html", context, status=status)
        return response.render()
    return HttpResponse(render_to_string("error_plain.html", context, request), status=status)
