"""Every address a person or a program opens: lists as they are narrowed and paged, and things."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import Count, Model
from django.urls import reverse
from django.utils.choices import flatten_choices

from audit.models import ApprovalRequest
from catalog.models import OfferVersion, PriceVersion
from customers.models import (
    Account,
    Customer,
    ExemptionCertificate,
    Order,
    ServiceIdentifier,
    Subscription,
)
from foundation.paging import cursor_at
from foundation.screens import ActionView, ListScreen
from invoicing.models import BillRun, BillRunAccount, ChargeItem, Invoice, InvoiceLine, MemoRequest
from ledger.models import AccountingPeriod, GLAccount, JournalEntry
from payments.models import Payment, UnidentifiedReceipt
from rating.models import SuspenseItem, UsageEvent, UsageFile
from receivables.models import Allocation, OpenItem
from tax.models import Jurisdiction, TaxRate, TaxRule
from tests.apps.billing_site.access.doors import pages
from tests.apps.billing_site.test_matrix import routes

# What stands in front of the key in a page's address, and what the key is of.
THINGS: dict[str, type[Model]] = {
    "approvals": ApprovalRequest, "accounts": Account, "customers": Customer, "orders": Order,
    "subscriptions": Subscription, "certificates": ExemptionCertificate, "entries": JournalEntry,
    "periods": AccountingPeriod, "places": Jurisdiction, "rates": TaxRate, "rules": TaxRule,
    "prices": PriceVersion, "versions": OfferVersion, "items": OpenItem,
    "allocations": Allocation, "files": UsageFile, "suspense": SuspenseItem, "runs": BillRun,
    "documents": Invoice, "lines": InvoiceLine, "credits": MemoRequest, "payments": Payment,
    "unidentified": UnidentifiedReceipt,
}  # fmt: skip
# The newest one that can be acted upon, where the newest of all cannot.
NARROWED: dict[type[Model], dict[str, Any]] = {
    Account: {"role": "PAYER", "parent": None},
    Invoice: {"state": "POSTED"},
}
# Pages of draft orders only; the benchmark `order` measures the preview.
ELSEWHERE = {
    "/console/invoicing/orders/<int:pk>/preview/",
    "/console/customers/orders/<int:pk>/change/",
}
LINES = 40
OF_AN_ACCOUNT = ("usage-events", "derived-ratings")
"""Lists that are asked for by account and days."""


def lists() -> Iterator[str]:
    """Yield the lists of the console, the admin and the API, each in several views of it."""
    for path, page in pages():
        view = page.callback.view_class
        address = _filled(path) if issubclass(view, ListScreen) else None
        if address is not None:
            yield address
            yield from (f"{address}?{asked}" for asked in _views(view))
    yield from _searches()
    yield from _admin_lists()
    yield from _api_lists()


def things() -> Iterator[str]:
    """Yield the page of one thing of each sort: newest, and where one is large, the largest."""
    for path, page in pages():
        if issubclass(page.callback.view_class, (ListScreen, ActionView)):
            continue
        address = _filled(path)
        if address is not None:
            yield address
    run = BillRun.objects.annotate(size=Count("accounts")).latest("size")
    root = Account.objects.filter(parent__isnull=True).latest("rght")
    for address in _pages_of({"/runs/<int:pk>/": run.pk, "/accounts/<int:pk>/": root.pk}):
        yield address
    yield reverse("console:history", args=["customers.account", root.pk])
    for event in UsageEvent.objects.all()[:1]:
        yield reverse("rating:event", args=[event.account_id, event.id])
    member = BillRunAccount.objects.latest("pk")
    yield reverse("invoicing:run_account", args=[member.run_id, member.payer_id])
    for model in admin.site._registry:
        newest = model._default_manager.order_by("-pk").first()
        if newest is not None:
            meta = model._meta
            yield reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[newest.pk])
    yield from _api_things()


def lines() -> Iterator[str]:
    """Yield lines spread over all there are, one of each kind, and the one with most usage."""
    keys: set[int | None] = {InvoiceLine.objects.latest("pk").pk}
    for kind in ChargeItem.objects.order_by("kind").values_list("kind", flat=True).distinct():
        of_kind = ChargeItem.objects.filter(kind=kind, line_id__isnull=False)
        keys |= {of_kind.earliest("pk").line_id, of_kind.latest("pk").line_id}
    keys |= set(InvoiceLine.objects.filter(charge_item_id=None).values_list("pk", flat=True)[:3])
    busiest = (
        UsageEvent.objects.values("account_id", "subscription_charge_id")
        .annotate(many=Count("id"))
        .latest("many")
    )
    keys |= set(
        ChargeItem.objects.filter(
            subscription_charge_id=busiest["subscription_charge_id"], line_id__isnull=False
        ).values_list("line_id", flat=True)
    )
    every = InvoiceLine.objects.count() // LINES
    keys |= set(InvoiceLine.objects.order_by("pk").values_list("pk", flat=True)[:: max(1, every)])
    for key in sorted(key for key in keys if key):
        yield reverse("invoicing:line", args=[key])


def _filled(path: str) -> str | None:
    """Return an address with the newest thing of its sort in it; nothing for other addresses."""
    if "(" in path or path.count("<") > 1 or path in ELSEWHERE:
        return None
    if "<" not in path:
        return path
    before = path.partition("<")[0].rstrip("/").rsplit("/", 1)[-1]
    model = THINGS.get(before)
    newest = _newest(model) if model else None
    return path.replace("<int:pk>", str(newest.pk)) if newest is not None else None


def _newest(model: type[Model]) -> Any:
    return model._default_manager.filter(**NARROWED.get(model, {})).order_by("-pk").first()


def _pages_of(keys: dict[str, int]) -> Iterator[str]:
    for path, page in pages():
        for part, key in keys.items():
            is_one = part in path and path.count("<") == 1
            if is_one and not issubclass(page.callback.view_class, ActionView):
                yield path.replace("<int:pk>", str(key))


def _views(view: type[ListScreen]) -> Iterator[str]:
    """Yield a late page, and each choice of each filter."""
    yield "page=150"
    fields: dict[str, Any] = view.filters.base_fields if view.filters else {}
    for name, field in fields.items():
        if isinstance(field, forms.ModelChoiceField):
            some: Any = field.queryset
            yield from (urlencode({name: one.pk}) for one in some[:2])
        elif isinstance(field, forms.ChoiceField):
            groups: Any = field.choices
            offered: Any = flatten_choices(groups)
            yield from (urlencode({name: value}) for value, _ in offered if value)
        elif isinstance(field, forms.BooleanField):
            yield urlencode({name: "on"})


def _searches() -> Iterator[str]:
    """Yield what people type into the filters, common and rare, and late pages by key."""
    account = Account.objects.order_by("-pk").first()
    identifier = ServiceIdentifier.objects.order_by("-pk").first()
    assert account is not None
    assert identifier is not None
    invoice, payment = Invoice.objects.latest("number"), Payment.objects.latest("pk")
    customer, order = Customer.objects.latest("pk"), Order.objects.latest("pk")
    subscription, entry = Subscription.objects.latest("pk"), JournalEntry.objects.latest("pk")
    event = UsageEvent.objects.order_by("account_id", "event_start").first()
    used = Account.objects.get(pk=event.account_id) if event else account
    ledger_account = GLAccount.objects.get(pk=entry.lines.values_list("account_id", flat=True)[0])
    days = {"since": "2026-08-01", "until": "2026-11-30"}
    wide = {"start": "2026-08-20", "end": "2026-11-01"}
    searches: tuple[tuple[str, *tuple[dict[str, Any], ...]], ...] = (
        ("invoicing:invoices", {"number": invoice.number}, {"number": str(invoice.number)[:6]},
         {"account": account.number}, {"account": account.number[:4]}, {"run": invoice.run_id},
         {"state": "POSTED", **days}, {"state": "DISCARDED"}, {"number": "nothing"}),
        ("invoicing:register", days, {**days, "page": 150}),
        ("invoicing:taxes", days),
        ("customers:accounts", {"search": account.number}, {"search": "an"}, {"search": "zzz"},
         {"cycle": account.cycle_code}, {"cycle": "nothing"}),
        ("customers:customers", {"search": customer.number}, {"search": "an"}, {"search": "zz"}),
        ("customers:orders", {"number": order.number}, {"number": order.number[:3]}),
        ("customers:subscriptions", {"number": subscription.number},
         {"identifier": identifier.value}, {"number": "nothing"}),
        ("rating:events", {"account": used.number, **wide},
         {"account": account.number, **wide}, {"identifier": identifier.value, **wide}),
        ("rating:suspense_rows", {"identifier": "1"}, {"usage_type": "VOICE"}, {"file": 1}),
        ("receivables:items", {"number": invoice.number}, {"number": "nothing"}),
        ("receivables:ageing", {"as_of": "2026-09-15"}, {"as_of": "2026-12-31"},
         {"as_of": "2026-10-31", "page": 150}),
        ("payments:payments", {"number": payment.number}, {"external_id": payment.external_id},
         {"received_from": "2026-09-01", "received_to": "2026-09-30"}),
        ("payments:cash", {"from_day": "2026-08-01", "to_day": "2026-11-30"}),
        ("ledger:lines", {"account": ledger_account.pk, **days},
         {"account": ledger_account.pk, "since": "2026-10-01", "until": "2026-10-01"},
         {"number": ledger_account.number}),
        ("ledger:entries", days, {"event": entry.event}, {"event": "J13"},
         {"since": "2026-09-01", "until": "2026-09-01"}),
        ("ledger:trial_balance", {"as_of": "2026-09-30"}, days),
    )  # fmt: skip
    for name, *asked in searches:
        for one in asked:
            yield f"{reverse(name)}?{urlencode(one)}"
    for name, model, order_by in (
        ("customers:accounts", Account, ("number",)),
        ("customers:customers", Customer, ("number",)),
        ("customers:orders", Order, ("-id",)),
        ("customers:subscriptions", Subscription, ("-id",)),
        ("receivables:items", OpenItem, ("-id",)),
        ("ledger:entries", JournalEntry, ("-id",)),
        ("payments:payments", Payment, ("-id",)),
        ("rating:suspense_rows", SuspenseItem, ("-id",)),
    ):
        middle = model._default_manager.order_by(*order_by)
        row = middle[middle.count() // 2]
        yield f"{reverse(name)}?{urlencode({'cursor': cursor_at(row, order_by)})}"


def _admin_lists() -> Iterator[str]:
    """Yield each changelist: first, last counted page, a search, a value of each filter."""
    for model, page in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield address
        yield f"{address}?p=150"
        newest = model._default_manager.order_by("-pk").first()
        if newest is None:
            continue
        for path in page.search_fields:
            yield f"{address}?{urlencode({'q': _read(newest, path) or 'zz'})}"
            break
        for name in page.list_filter:
            field: Any = model._meta.get_field(str(name))
            if field.many_to_many:
                continue
            value = field.value_from_object(newest)
            lookup = f"{name}__id__exact" if field.is_relation else f"{name}__exact"
            if value not in (None, ""):
                value = int(value) if isinstance(value, bool) else value
                yield f"{address}?{urlencode({lookup: value})}"


def _read(row: Any, path: str) -> str:
    """Return what a search field of the admin holds in a row."""
    for part in path.lstrip("=^").split("__"):
        row = getattr(row, part, row)
    return str(row)


def _api_lists() -> Iterator[str]:
    """Yield the lists of the API: first page, a late page, and values of its filters."""
    for prefix, view, action, _ in routes():
        if action != "list" or "(" in prefix or prefix in OF_AN_ACCOUNT:
            continue
        address = f"/api/v1/{prefix}/"
        yield address
        yield f"{address}?page_size=200"
        queryset: Any = getattr(view, "queryset", None)
        if queryset is None:
            continue
        rows = queryset.model._default_manager.order_by("pk")
        row = rows[rows.count() // 2] if rows.exists() else None
        if row is None:
            continue
        cursor = base64.b64encode(f"p={row.pk}".encode()).decode()
        yield f"{address}?{urlencode({'cursor': cursor})}"
        fields: Any = getattr(view, "filterset_fields", None) or ()
        for name in fields:
            if isinstance(fields, dict) and "exact" not in fields[name]:
                continue
            value = _value(row, name)
            if value not in (None, ""):
                yield f"{address}?{urlencode({name: value})}"
                yield f"{address}?{urlencode({name: value, 'page_size': 200})}"
    event = UsageEvent.objects.order_by("account_id", "event_start").first()
    if event is not None:
        asked = {"account_id": event.account_id, "from": "2026-08-20", "to": "2026-11-01"}
        yield from (f"/api/v1/{prefix}/?{urlencode(asked)}" for prefix in OF_AN_ACCOUNT)


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part, None)
        if hasattr(row, "all"):
            row = row.first()
    return getattr(row, "pk", row)


def _api_things() -> Iterator[str]:
    for prefix, view, action, _ in routes():
        queryset: Any = getattr(view, "queryset", None)
        if action != "retrieve" or "(" in prefix or queryset is None:
            continue
        newest = queryset.order_by("-pk").first()
        if newest is not None:
            yield f"/api/v1/{prefix}/{newest.pk}/"
    account = Account.objects.filter(parent__isnull=True).latest("rght")
    yield f"/api/v1/accounts/{account.pk}/tree/"
    yield f"/api/v1/accounts/{account.pk}/balance/"
