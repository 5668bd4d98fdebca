"""Ctrl+K: a number, a name or an identifier, and the page of what it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from billing_site.sidebar import navigation
from customers.models import Account, Customer, Order, ServiceIdentifier, Subscription
from foundation import scope
from invoicing.models import Invoice
from payments.models import Payment

MOST: Final = 8
"""Things of one kind; whoever sees more types more."""

SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: who sees it, how it is looked up, what is shown, and where it leads."""

    word: str
    icon: str
    permission: str
    model: Any
    where: Callable[[str], Q]
    page: str
    beside: str = ""
    subject: str = "pk"

    def found(self, request: HttpRequest, text: str) -> Iterator[SearchResult]:
        """Yield the first things that the person sees and that match."""
        if not request.user.has_perm(self.permission):
            return
        rows = scope.narrowed(self.model.objects.filter(self.where(text)), request.user)
        if self.beside:
            rows = rows.select_related(self.beside)
        for row in rows.order_by("pk")[:MOST]:
            beside = f" · {getattr(row, self.beside)}" if self.beside else ""
            key = getattr(row, self.subject)
            yield SearchResult(
                title=str(row),
                description=f"{self.word}{beside}",
                link=reverse(self.page, args=[key]),
                icon=self.icon,
            )


def _number(text: str) -> Q:
    return Q(number__startswith=text.upper())


def _identifier(text: str) -> Q:
    held = ServiceIdentifier.objects.filter(value=text)
    return _number(text) | Q(pk__in=held.values("service__subscription_id")[:MOST])


KINDS: Final = (
    Kind("Account", "account_tree", "customers.view_account", Account,
         lambda text: _number(text) | Q(name__icontains=text), "customers:account"),
    Kind("Customer", "groups", "customers.view_customer", Customer,
         lambda text: _number(text) | Q(legal_name__icontains=text), "customers:customer"),
    Kind("Invoice or memo", "description", "invoicing.view_invoice", Invoice,
         _number, "invoicing:invoice", "payer"),
    Kind("Payment", "payments", "payments.view_payment", Payment,
         _number, "payments:payment", "payer"),
    Kind("Subscription", "autorenew", "customers.view_subscription", Subscription,
         _identifier, "customers:subscription", "account"),
    Kind("Order", "shopping_cart", "customers.view_order", Order,
         _number, "customers:order", "account"),
)  # fmt: skip


def found(request: HttpRequest, text: str) -> list[SearchResult]:
    """Return the pages and the things that match what was typed, pages first."""
    text = text.strip()
    if len(text) < SHORTEST:
        return []
    pages = [
        SearchResult(title=item["title"], description="Page", link=item["link"], icon=item["icon"])
        for section in navigation(request)
        for item in section["items"]
        if text.lower() in item["title"].lower()
    ]
    return [*pages, *(one for kind in KINDS for one in kind.found(request, text))]
