"""What one person asks for and another answers: its page, its steps, and why it is rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from foundation.screens import Button, Crumb, FormScreen, Screen


def person(request: HttpRequest) -> User:
    """Return who is at the page: a screen lets nobody else in."""
    return cast("User", request.user)


class OfAsked(Screen):
    """Something about the row of the address, which somebody asked for.

    `parts` are read with it; `listed` is the title and the address name of the list, `shown_at`
    the address name of its own page.
    """

    parts: ClassVar[Sequence[str]] = ()
    listed: ClassVar[tuple[str, str]]
    shown_at: ClassVar[str]
    asked: Any

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the row."""
        super().setup(request, *args, **kwargs)
        assert self.subject is not None
        rows = self.subject._default_manager.select_related(*self.parts)
        self.asked = get_object_or_404(rows, pk=kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        title, name = self.listed
        return (Crumb(title, reverse(name)),)

    def get_success_url(self) -> str:
        """Go back to its page."""
        return reverse(self.shown_at, args=[self.asked.pk])

    def called(self) -> str:
        """Return what a page about it calls it."""
        return str(self.asked).capitalize()

    def step(self, label: str, name: str, permission: str, **how: Any) -> Button:
        """Return the button of a step of its life: `name` is that of the address."""
        url = reverse(f"rating:{name}", args=[self.asked.pk])
        return Button(label=label, url=url, permission=permission, **how)


class RejectFields(forms.Form):
    """Why it is not approved."""

    comment = forms.CharField(label="Why", max_length=300)


class RejectAsked(OfAsked, FormScreen):
    """Refuse what somebody else asked for, saying why."""

    form_class = RejectFields
    submit_label = "Reject"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to what was asked."""
        return (*super().crumbs(), Crumb(self.called(), self.get_success_url()))

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return self.reject(person(self.request), form.cleaned_data["comment"])

    def reject(self, approver: User, comment: str) -> Any:
        """Call the operation of the room."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")
