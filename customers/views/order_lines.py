"""An order of any number of lines: written, judged, looked at and placed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from customers import operations, queries
from customers.choices import OrderAction, OrderState
from customers.models import Account, Order
from customers.operations import IncompleteOrder, InvalidItem
from customers.views.account import OfAccount
from customers.views.fields import person
from customers.views.lists import named
from customers.views.order_sheet import FORMS, LABELS, MOST_LINES, OrderSheet, asked, items_of
from customers.views.orders import OfOrder, order_url
from foundation.errors import Refusal
from foundation.screens import Crumb, FormScreen

REMEDIES = {
    "ORD-3": ("customers:set_address", "Set the billing address"),
    "TAX-4": ("customers:set_address", "Set the tax jurisdiction"),
    "ORD-4": ("customers:edit_account", "Give it a bill cycle"),
    "HIER-2": ("customers:move_account", "Say who pays"),
    "PRC-1": ("catalog:prices", "Look at the prices"),
}


class OrderLines(FormScreen):
    """Write an order line by line, look at what it changes, place it."""

    permission = "customers.place_order"
    template_name = "console/order.html"
    form_class = OrderSheet
    submit_label = "Place order"
    intro = (
        "A line for each thing that changes. A day may lie in the past or the future; the day of "
        "a change belongs to the new state."
    )

    def ordering_account(self) -> Account:
        """Return the account that orders."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def begin(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the lines that a fresh form shows."""
        return [(OrderAction.ADD, {})]

    def keep(self, **given: Any) -> Order:
        """Call the operation."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form its account and first lines."""
        return {
            **super().get_form_kwargs(),
            "account": self.ordering_account(),
            "given": self.begin(),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the frame, and what a further line may do."""
        return super().get_context_data(
            actions=[
                (action, "Add an offer" if action == OrderAction.ADD else label)
                for action, label in LABELS.items()
            ],
            can_preview=bool(named("invoicing:order_preview", 1)),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add or take away a line, or judge and keep the order."""
        does, _, number = request.POST.get("do", "").partition("-")
        if does in {"line", "remove"}:
            return self.render_to_response(self.get_context_data(form=self._other(does, number)))
        return super().post(request, *args, **kwargs)

    def _other(self, does: str, number: str) -> OrderSheet:
        """Return the form with another line, or one fewer, and all that was typed."""
        sheet = OrderSheet(self.request.POST, account=self.ordering_account())
        lines = sheet.typed()
        action = self.request.POST.get("next", "")
        if does == "line" and action in FORMS and len(lines) < MOST_LINES:
            lines.append((action, {}))
        elif does == "remove" and number.isascii() and number.isdigit():
            lines = [one for at, one in enumerate(lines, start=1) if at != int(number)]
        whole = {name: self.request.POST.get(name, "") for name in sheet.fields}
        fresh = OrderSheet(account=sheet.account, given=lines, initial=whole)
        if does == "line" and fresh.lines:
            first = next(iter(fresh.lines[-1].form.fields.values()))
            first.widget.attrs["autofocus"] = True
        return fresh

    def submit(self, form: OrderSheet) -> Any:  # type: ignore[override]
        """Keep the order as a draft, complete or not, or place it; say all that is missing."""
        does = self.request.POST.get("do", "")
        how: dict[str, Any] = {"submit_as_of": form.day}
        if does in {"draft", "preview"}:
            how = {"must_be_complete": does == "preview"}
        try:
            return self.keep(
                items=form.items(),
                requested_on=form.day,
                actor=person(self.request),
                **form.cleaned_data,
                **how,
            )
        except InvalidItem as wrong:
            text = f"{wrong.text[:1].upper()}{wrong.text[1:]} ({wrong.rule})"
            if not form.place_fault(wrong.item, wrong.field, text):
                raise
            raise Refusal("Nothing was placed: look at the line marked.", rule="") from wrong
        except IncompleteOrder as incomplete:
            for one in incomplete.missing:
                told = with_remedy(form.account, one.rule, f"{one.message} ({one.rule})")
                if not form.place_fault(one.item, one.field, told):
                    form.add_error(None, told)
            raise Refusal(
                "Nothing was placed: mend what is marked, or keep it as a draft.", rule=""
            ) from incomplete

    def get_success_message(self) -> str:
        """Say how far it is."""
        if self.result.state == OrderState.DRAFT:
            return f"Order {self.result.number} is kept as a draft: nothing has happened yet."
        return f"Order {self.result.number} is {self.result.get_state_display().lower()}."

    def get_success_url(self) -> str:
        """Go to the order, or to what it would change."""
        preview = named("invoicing:order_preview", self.result.pk)
        if self.request.POST.get("do") == "preview" and preview:
            return preview
        return order_url(self.result.pk)


class AddOrder(OrderLines, OfAccount):
    """Order for an account."""

    title = "Order"

    def ordering_account(self) -> Account:
        """Return the account of the address."""
        return self.account

    def keep(self, **given: Any) -> Order:
        """Call the operation."""
        return operations.place_order(account=self.account, **given)


class ReviseOrder(OrderLines, OfOrder):
    """Change what a draft asks for."""

    def get_title(self) -> str:
        """Name the order."""
        return f"Change draft {self.order.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the order."""
        return (
            Crumb("Orders", reverse("customers:orders")),
            Crumb(self.order.number, order_url(self.order.pk)),
        )

    def ordering_account(self) -> Account:
        """Return the account of the order."""
        return self.order.account

    @property
    def order(self) -> Order:
        """The draft of the address; one that asks for more than the form shows has no page."""
        order = super().order
        if self.request.method == "GET" and not queries.can_be_revised(order=order):
            raise Http404
        return order

    def begin(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the items as they were asked for."""
        return [(item.action, asked(item)) for item in items_of(self.order)]

    def get_initial(self) -> dict[str, Any]:
        """Return what the order says as a whole."""
        return {"po_number": self.order.po_number, "note": self.order.note}

    def keep(self, **given: Any) -> Order:
        """Call the operation."""
        return operations.revise_order(order=self.order, **given)


def with_remedy(account: Account, rule: str, text: str) -> str:
    """Add where a fault that lies outside the order is mended."""
    if rule not in REMEDIES:
        return text
    route, words = REMEDIES[rule]
    try:
        url = reverse(route, args=[account.pk] if route.startswith("customers:") else [])
    except NoReverseMatch:
        return text
    return format_html('{} <a href="{}" target="_blank">{}</a>', text, url, words)
