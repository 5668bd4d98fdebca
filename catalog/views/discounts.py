"""Discounts, and promotions with their coupons: lists, pages, forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from catalog import choices, operations
from catalog.models import CommitmentSpec, Coupon, DiscountDef, Promotion
from catalog.views import words
from catalog.views.discount_forms import (
    CouponForm,
    DiscountForm,
    EndForm,
    PromotionForm,
)
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Definition,
    Empty,
    Fact,
    FormScreen,
    ListScreen,
    Screen,
    Table,
)
from foundation.screens.cells import money_text, number_text


def takes(one: DiscountDef) -> str:
    """Say in a few words what a discount takes off."""
    kind = choices.DiscountKind(one.kind)
    if kind == choices.DiscountKind.PERCENT:
        return f"{number_text(one.value * 100)} %"
    if kind == choices.DiscountKind.VOLUME_REBATE:
        steps = ((Decimal(least), Decimal(share)) for least, share in one.volume_steps)
        return ", ".join(
            f"{number_text(share * 100)} % from {money_text(least, one.currency)} {one.currency}"
            for least, share in steps
        )
    if kind == choices.DiscountKind.FREE_UNITS:
        return f"{number_text(one.value)} units"
    text = f"{money_text(one.value, one.currency)} {one.currency}"
    return f"{text} each" if kind == choices.DiscountKind.PRICE_OVERRIDE else text


def last_of(days: Any) -> date | None:
    """Return the last day of a half-open range, as screens show it (PER-1); None when open."""
    return days.upper - timedelta(days=1) if days is not None and days.upper else None


def holds_for(one: DiscountDef | CommitmentSpec) -> str:
    """Say in a few words which charges something holds for."""
    parts = [
        f"charge {one.charge.reference}" if one.charge else "",
        f"offer {one.offer.code}" if one.offer else "",
        f"product {one.product.code}" if one.product else "",
        one.get_charge_kind_display().lower() if one.charge_kind else "",
        f"section {one.section}" if one.section else "",
    ]
    return ", ".join(part for part in parts if part) or "all charges"


class DiscountList(ListScreen):
    """Every discount that may be given, or was."""

    title = "Discounts"
    permission = "catalog.view_discountdef"
    columns = (
        Column(label="Code", value="code",
               link=lambda one: reverse("catalog:discount", args=[one.pk])),
        Column(label="On the invoice", value="name"),
        Column(label="Takes off", value=takes),
        Column(label="Of", value="get_level_display"),
        Column(label="For", value=holds_for),
        Column(label="Periods", value="periods", kind="number"),
        Column(label="May be given from", value="valid.lower", kind="date"),
        Column(label="Last day", value=lambda one: last_of(one.valid), kind="date"),
    )  # fmt: skip
    empty = Empty(title="No discount yet", text="Define one; then give it, or promote it.")

    def buttons(self) -> list[Button]:
        """Offer to define one."""
        return [
            Button(label="Define discount", url=reverse("catalog:discount_add"),
                   permission="catalog.add_discountdef", style="primary")
        ]  # fmt: skip

    def rows(self, filters: dict[str, Any]) -> QuerySet[DiscountDef]:
        """Return all of them."""
        return DiscountDef.objects.select_related("charge", "offer", "product").order_by("code")


class DiscountPage(Screen):
    """What a discount says, and the promotions that offer it."""

    subject = DiscountDef
    permission = "catalog.view_discountdef"
    template_name = "console/table.html"

    @cached_property
    def discount(self) -> DiscountDef:
        """The discount of the address."""
        rows = DiscountDef.objects.select_related("charge", "offer", "product")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        """Name it."""
        return f"Discount {self.discount.code}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Discounts", reverse("catalog:discounts")),)

    def buttons(self) -> list[Button]:
        """Offer to promote it, and to let nobody have it any more."""
        return [
            Button(label="Promote",
                   url=f"{reverse('catalog:promotion_add')}?discount={self.kwargs['pk']}",
                   permission="catalog.add_promotion"),
            Button(label="End", url=reverse("catalog:discount_end", args=[self.kwargs["pk"]]),
                   permission="catalog.change_discountdef"),
        ]  # fmt: skip

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and promotions."""
        one = self.discount
        bound: dict[str, Any] = {"kind": "money", "currency": one.currency}
        facts = [
            Fact(label="On the invoice", value=one.name),
            Fact(label="Takes off", value=takes(one)),
            Fact(label="Of", value=one.get_level_display()),
            Fact(label="For", value=holds_for(one)),
            Fact(label="Billed periods", value=one.periods or "until it ends"),
            Fact(label="Beside others", value=one.get_method_display()),
            Fact(label="Priority", value=one.priority, kind="number"),
            Fact(label="Group", value=one.stack_group),
            Fact(label="Only the best of its group", value=one.is_exclusive, kind="yesno"),
            Fact(label="At most, a period", value=one.max_amount, **bound),
            Fact(label="Budget", value=one.budget, **bound),
            Fact(label="A second person approves", value=one.needs_approval, kind="yesno"),
            Fact(label="Was given", value=one.is_used, kind="yesno"),
            Fact(label="May be given from", value=one.valid.lower, kind="date"),
            Fact(label="Last day", value=last_of(one.valid), kind="date"),
        ]
        rows = Promotion.objects.filter(discount=one).annotate(uses=Sum("coupons__used"))
        table = Table(
            caption="Promotions", rows=rows.order_by("code"), columns=PROMOTED,
            empty="No promotion offers it.",
        )  # fmt: skip
        return super().get_context_data(facts=facts, table=table, **kwargs)


PROMOTED = (
    Column(label="Code", value="code",
           link=lambda one: reverse("catalog:promotion", args=[one.pk])),
    Column(label="Name", value="name"),
    Column(label="Runs from", value="window.lower", kind="date"),
    Column(label="Last day", value=lambda one: last_of(one.window), kind="date"),
    Column(label="Stopped", value="is_stopped", kind="yesno"),
    Column(label="Coupons used", value=lambda one: one.uses or 0, kind="number"),
)  # fmt: skip


class DefineDiscount(Definition):
    """Define a discount, or change one that was given to nobody yet."""

    title = "Define discount"
    listed = ("Discounts", "catalog:discounts")
    shown_at = "catalog:discount"
    permission = ("catalog.add_discountdef", "catalog.change_discountdef")
    form_class = DiscountForm
    submit_label = "Define"
    intro = "Once it was given to somebody it is kept as it was; define another one instead."
    success_message = "The discount is defined."

    def submit(self, form: Any) -> DiscountDef:
        """Call the operation."""
        given = dict(form.cleaned_data)
        given["steps"] = given["steps"] or ()
        if given["kind"] == choices.DiscountKind.PERCENT and given["value"] is not None:
            given["value"] /= 100
        return operations.define_discount(actor=words.actor(self.request), **given)


class EndDiscount(FormScreen):
    """Let nobody be given a discount from a day on."""

    title = "End discount"
    subject = DiscountDef
    permission = "catalog.change_discountdef"
    form_class = EndForm
    intro = "Whoever has it keeps it."
    success_message = "It is given to nobody from that day on."

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the discount."""
        return (Crumb("Discount", reverse("catalog:discount", args=[self.kwargs["pk"]])),)

    def submit(self, form: Any) -> DiscountDef:
        """Call the operation."""
        return operations.end_discount_def(
            discount=get_object_or_404(DiscountDef, pk=self.kwargs["pk"]),
            on_date=form.cleaned_data["on_date"],
            actor=words.actor(self.request),
        )

    def get_success_url(self) -> str:
        """Show it."""
        return reverse("catalog:discount", args=[self.kwargs["pk"]])


class PromotionList(ListScreen):
    """Every promotion, with how often its coupons were used."""

    title = "Promotions"
    permission = "catalog.view_promotion"
    columns = (*PROMOTED, Column(label="Discount", value="discount.code", kind="code"))
    empty = Empty(title="No promotion yet", text="Define a discount, then promote it.")

    def buttons(self) -> list[Button]:
        """Offer to define one."""
        return [
            Button(label="Define promotion", url=reverse("catalog:promotion_add"),
                   permission="catalog.add_promotion", style="primary")
        ]  # fmt: skip

    def rows(self, filters: dict[str, Any]) -> QuerySet[Promotion]:
        """Return all of them."""
        rows = Promotion.objects.select_related("discount")
        return rows.annotate(uses=Sum("coupons__used")).order_by("code")


class OfPromotion(Screen):
    """Something about the promotion of the address."""

    subject = Promotion

    @cached_property
    def promotion(self) -> Promotion:
        """The promotion of the address."""
        return get_object_or_404(
            Promotion.objects.select_related("discount"), pk=self.kwargs["pk"]
        )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the promotion."""
        one = self.promotion
        return (
            Crumb("Promotions", reverse("catalog:promotions")),
            Crumb(one.code, reverse("catalog:promotion", args=[one.pk])),
        )

    def get_success_url(self) -> str:
        """Show it."""
        return reverse("catalog:promotion", args=[self.kwargs["pk"]])


def left_of(coupon: Coupon) -> Any:
    """Say how many uses of a coupon are left."""
    return "any number" if coupon.left is None else coupon.left


class PromotionPage(OfPromotion):
    """A promotion with its coupons and what is left of them."""

    permission = "catalog.view_promotion"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name it."""
        return f"Promotion {self.promotion.code}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Promotions", reverse("catalog:promotions")),)

    def buttons(self) -> list[Button]:
        """Offer coupons, and to stop it."""
        one = self.promotion
        if one.is_stopped:
            return []
        return [
            Button(label="Coupons", url=reverse("catalog:coupon_add", args=[one.pk]),
                   permission="catalog.add_coupon", style="primary"),
            Button(label="Stop", url=reverse("catalog:promotion_stop", args=[one.pk]),
                   permission="catalog.change_promotion", method="post", style="danger",
                   confirm="Take no coupon of this promotion any more?"),
        ]  # fmt: skip

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and coupons."""
        one = self.promotion
        facts = [
            Fact(label="Name", value=one.name),
            Fact(label="Discount", value=str(one.discount),
                 url=reverse("catalog:discount", args=[one.discount_id])),
            Fact(label="Runs from", value=one.window.lower, kind="date"),
            Fact(label="Last day", value=last_of(one.window), kind="date"),
            Fact(label="Stopped", value=one.is_stopped, kind="yesno"),
        ]  # fmt: skip
        table = Table(
            caption="Coupons",
            rows=Coupon.objects.filter(promotion=one).order_by("code"),
            empty="No coupon yet.",
            columns=(
                Column(label="Code", value="code", kind="code"),
                Column(label="Used", value="used", kind="number"),
                Column(label="Left", value=left_of),
                Column(label="By account", value="max_per_account", kind="number"),
                Column(label="From", value="window.lower", kind="date"),
                Column(label="Last day", value=lambda one: last_of(one.window), kind="date"),
            ),
        )  # fmt: skip
        return super().get_context_data(facts=facts, table=table, **kwargs)


class DefinePromotion(Definition):
    """Define a promotion."""

    title = "Define promotion"
    listed = ("Promotions", "catalog:promotions")
    shown_at = "catalog:promotion"
    permission = ("catalog.add_promotion", "catalog.change_promotion")
    form_class = PromotionForm
    submit_label = "Define"
    success_message = "The promotion is defined."

    def get_initial(self) -> dict[str, Any]:
        """Take the discount of the address."""
        return {"discount": self.request.GET.get("discount", "")}

    def submit(self, form: Any) -> Promotion:
        """Call the operation."""
        return operations.define_promotion(actor=words.actor(self.request), **form.cleaned_data)


class DefineCoupons(OfPromotion, FormScreen):
    """Define coupons of a promotion, or change their limits."""

    title = "Coupons"
    permission = ("catalog.add_coupon", "catalog.change_coupon")
    form_class = CouponForm
    submit_label = "Define"
    intro = "A code that exists gets the new limits; never fewer uses than it had."
    success_message = "The coupons can be used."

    def submit(self, form: Any) -> list[Coupon]:
        """Call the operation."""
        return operations.define_coupons(
            promotion=self.promotion, actor=words.actor(self.request), **form.cleaned_data
        )


class StopPromotion(OfPromotion, ActionView):
    """Stop a promotion at once."""

    permission = "catalog.change_promotion"
    success_message = "The promotion is stopped; what was given stays."

    def act(self) -> Promotion:
        """Call the operation."""
        return operations.stop_promotion(promotion=self.promotion, actor=words.actor(self.request))
