"""From a stored subject ("customers.account", 7) to its page and its name on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from billing_site.roles import PACKAGES
from foundation.screens import naming

# The page of a thing where it has one of its own; anything else is shown by its admin page.
PAGES: dict[str, str] = {
    "audit.apikey": "console:key",
    "audit.approvalpolicy": "console:limit",
    "audit.jobrun": "console:job",
    "invoicing.invoiceline": "invoicing:line",
    "invoicing.memorequest": "invoicing:credit",
    "invoicing.invoice": "invoicing:invoice",
    "invoicing.billrun": "invoicing:run",
    "catalog.offerversion": "catalog:version",
    "catalog.priceversion": "catalog:price",
    "catalog.discountdef": "catalog:discount",
    "catalog.promotion": "catalog:promotion",
    "customers.granteddiscount": "customers:granted_discount",
    "customers.account": "customers:account",
    "customers.contract": "customers:contract",
    "customers.customer": "customers:customer",
    "customers.exemptioncertificate": "customers:certificate",
    "customers.order": "customers:order",
    "customers.subscription": "customers:subscription",
    "ledger.accountingperiod": "ledger:period",
    "ledger.journalentry": "ledger:entry",
    "payments.payment": "payments:payment",
    "payments.paymentbatch": "payments:batch",
    "payments.paymentreversal": "payments:paymentreversal",
    "payments.unidentifiedreceipt": "payments:unidentifiedreceipt",
    "rating.reratejob": "rating:rerate",
    "rating.suspensewriteoff": "rating:write_off",
    "receivables.openitem": "receivables:openitem",
    "tax.jurisdiction": "tax:place",
}

# What is asked, where the name of the right to decide it is no word of the trade.
ACTS: dict[str, str] = {
    "audit.issue_api_key": "Issue API key",
    "rating.approve_rerate": "Rate usage again",
    "customers.approve_discount": "Give discount",
}


# What has no number or code that staff know: whose it is, and what to follow to say so.
TOLD: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "customers.granteddiscount": (
        "account",
        lambda one: f"discount given to {one.account.number}",
    ),
    "invoicing.billrun": (
        "cycle",
        lambda one: f"bill run {one.pk} of {one.cycle.code}",
    ),
    "invoicing.memorequest": (
        "account",
        lambda one: f"memo request {one.pk} of {one.account.number}",
    ),
    "ledger.accountingperiod": (
        "entity",
        lambda one: f"accounting period {one} of {one.entity.code}",
    ),
}


def model_of(label: str) -> type[Model] | None:
    """Return the model of a label, or None where there is none."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def address(label: str, pk: int) -> str:
    """Return the address of a thing's page, or "" where it has none."""
    if label in PAGES:
        return reverse(PAGES[label], args=[pk])
    try:
        return reverse(f"admin:{label.replace('.', '_')}_change", args=[pk])
    except NoReverseMatch:
        return ""


def name(label: str, pk: int) -> str:
    """Return what staff call it: "bill run 7", "account US-10001"."""
    return names([(label, pk)])[label, pk]


def names(things: Iterable[naming.Thing]) -> dict[naming.Thing, str]:
    """Return what staff call each of the things, its kind before it, or whose it is.

    One query more per kind that is told by whose it is, whatever their count.
    """
    found = naming.names(things)
    for label in TOLD.keys() & {label for label, _ in found}:
        follow, tell = TOLD[label]
        keys = [pk for one, pk in found if one == label]
        rows = apps.get_model(label)._base_manager.filter(pk__in=keys).select_related(follow)
        found.update({(label, row.pk): tell(row) for row in rows})
    for (label, pk), spoken in found.items():
        word = naming.word_of(label, model_of(label))
        found[label, pk] = spoken if spoken.startswith(word) else f"{word} {spoken}"
    return found


def act(action: str) -> str:
    """Write "invoicing.post_run" as "Post run"."""
    if action in ACTS:
        return ACTS[action]
    return action.rpartition(".")[2].replace("_", " ").capitalize()


def is_ours(model: type[Model]) -> bool:
    """Tell whether the model belongs to a room of the house (not to Django or a package)."""
    return model._meta.app_label in PACKAGES
