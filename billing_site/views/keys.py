"""API keys: the list, one key with what it may, the form that issues one, its revocation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.operations
import audit.queries
from audit.models import ApiKey
from billing_site.queries import keys
from billing_site.views.secrets import ShowsSecret
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    ListScreen,
    Screen,
)

VIEW, ADD, CHANGE = "audit.view_apikey", "audit.add_apikey", "audit.change_apikey"
USUAL_DAYS: Final = 365
WHY_NOT: Final = {
    "ACTIVE": "",
    "WAITING": "It opens nothing before a second person has approved it in the inbox.",
    "REFUSED": "Nobody approved it within three days, or somebody refused. Issue another.",
    "INACTIVE": "The user that it acts as is not active.",
    "EXPIRED": "",
    "REVOKED": "",
}


def address(key: ApiKey) -> str:
    """Return the page of a key."""
    return reverse("console:key", args=[key.pk])


class Keys(ListScreen):
    """Which programs come in, as whom, until when."""

    reach = "whole"
    title = "API keys"
    permission = VIEW
    columns = (
        Column(label="Key", value="name", link=address),
        Column(label="Begins with", value="prefix", kind="code"),
        Column(label="Acts as", value="user.username", kind="code"),
        Column(label="State", value="state", kind="status"),
        Column(label="Issued by", value=lambda key: key.created_by or "the server"),
        Column(label="Issued", value="created_at", kind="instant"),
        Column(label="Expires", value="expires_at", kind="instant"),
        Column(label="Last used", value="last_used_at", kind="instant"),
    )
    keyset = ("-id",)
    intro = (
        "A program shows a key with every request, and may do what both the key and the user it "
        "acts as may. The secret is shown once, when the key is issued; only its hash is kept."
    )
    empty = Empty(
        title="No keys",
        text="Issue one for each program that calls the API, so that each can be revoked alone.",
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[ApiKey]:
        """Return the keys."""
        return audit.queries.api_keys()

    def buttons(self) -> list[Button]:
        """Lead whoever may issue one to the form."""
        return [
            Button(
                label="Issue a key",
                url=reverse("console:new_key"),
                permission=ADD,
                style="primary",
            )
        ]


class OfKey(Screen):
    """Something about the key of the address."""

    subject = ApiKey

    @cached_property
    def key(self) -> Any:
        """Return the key with its state."""
        return get_object_or_404(audit.queries.api_keys(), pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("API keys", reverse("console:keys")),)


class Key(OfKey):
    """One key: as whom it acts, what it may, whether it opens anything."""

    permission = VIEW
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the key."""
        return f"API key {self.key.name}"

    def buttons(self) -> Sequence[Button]:
        """Offer to revoke it, once."""
        if self.key.revoked_at is not None:
            return []
        return [
            Button(
                label="Revoke",
                url=reverse("console:revoke_key", args=[self.key.pk]),
                permission=CHANGE,
                method="post",
                style="danger",
                confirm="The program that shows this key is refused from this moment on. A "
                "revoked key never opens anything again.",
            )
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts, and what the key may."""
        key = self.key
        words = keys.rights_in_words(key.scopes)
        facts = [
            Fact(label="State", value=key.state, kind="status"),
            Fact(label="Begins with", value=key.prefix, kind="code"),
            Fact(label="Acts as", value=key.user.get_username()),
            Fact(label="Issued by", value=str(key.created_by or "the server")),
            Fact(label="Issued", value=key.created_at, kind="instant"),
            Fact(label="Approved", value=key.approved_at, kind="instant"),
            Fact(label="Expires", value=key.expires_at, kind="instant"),
            Fact(label="Revoked", value=key.revoked_at, kind="instant"),
            Fact(label="Last used", value=key.last_used_at, kind="instant"),
            Fact(label="May", value="; ".join(words[code] for code in key.scopes)),
        ]
        return super().get_context_data(
            intro=WHY_NOT.get(key.state, ""),
            facts=[fact for fact in facts if fact.value],
            **kwargs,
        )


class KeyForm(forms.Form):
    """Which program acts as whom, doing what, for how long."""

    name = forms.CharField(
        label="Program",
        max_length=80,
        help_text="What the program is called here, as ERP or mediation.",
    )
    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Acts as",
        to_field_name="username",
        help_text="A user who cannot log in. What such a user does carries this name.",
    )
    days = forms.IntegerField(
        label="Days until it expires",
        min_value=1,
        max_value=audit.operations.LONGEST,
        initial=USUAL_DAYS,
    )
    scopes = forms.MultipleChoiceField(
        label="May",
        widget=forms.CheckboxSelectMultiple,
        help_text="Only what the program needs; and never more than its user may.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What the second person should know.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the service users, and the rights that the API asks for, room by room."""
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = keys.service_users()  # type: ignore[attr-defined]
        offered = groupby(keys.offered_rights().items(), key=lambda one: one[0].partition(".")[0])
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (room.capitalize(), list(rights)) for room, rights in offered
        ]


class NewKey(ShowsSecret):
    """Issue a key; the answer is the one page that ever shows its secret."""

    title = "Issue an API key"
    permission = (VIEW, ADD)
    form_class = KeyForm
    answer_template = "console/key_secret.html"
    submit_label = "Issue"
    intro = (
        "The secret is shown once, on the next page. It opens nothing before a second person has "
        "approved the key in the inbox, within three days."
    )

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return audit.operations.issue_api_key(**form.cleaned_data, actor=self.actor)

    def address_of(self, made: ApiKey) -> str:
        """Return the page of the key."""
        return address(made)

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("API keys", reverse("console:keys")),)


class RevokeKey(OfKey, ActionView):
    """Make the key worthless."""

    permission = (VIEW, CHANGE)
    success_message = "Revoked. Nobody comes in with this key any more."

    def act(self) -> None:
        """Call the operation."""
        audit.operations.revoke_api_key(key_id=self.key.pk, actor=self.actor)

    def get_success_url(self) -> str:
        """Show the key."""
        return address(self.key)
