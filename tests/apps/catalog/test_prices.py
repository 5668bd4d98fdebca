"""The reviewed life of a price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import audit.operations
import audit.queries
from audit.models import Change
from catalog import operations, queries
from catalog.models import PriceVersion
from catalog.operations import (
    CannotApprove,
    CannotPublish,
    NotADraft,
    RetroactivePrice,
    WrongState,
)
from catalog.rules.pricing import Tier, price
from foundation.errors import Forbidden, Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.shop import START, Shop, published

pytestmark = pytest.mark.django_db
D = Decimal
TIERS = (Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))


def test_a_price_is_drafted_reviewed_and_published_by_two_people(fiber: Shop) -> None:
    """2.11: draft, in review, approved by another, published; the approval is used up."""
    author, checker = shop.author(), shop.checker()
    draft = operations.draft_price(
        charge=fiber.rental, currency="USD", starts=START, flat_amount=D("29.99"), actor=author
    )
    operations.submit_price(price_id=draft.pk, actor=author, reason="Spring list")
    request = audit.queries.waiting_requests().get()
    assert (request.action, request.subject_id) == ("catalog.publish_price", draft.pk)
    operations.approve_price(price_id=draft.pk, actor=checker)
    live = operations.publish_price(price_id=draft.pk, on_date=START, actor=checker)
    assert live.is_published
    request.refresh_from_db()
    assert request.state == "USED"
    assert (live.created_by, live.approved_by, live.published_by) == (author, checker, checker)


def test_an_approval_in_the_inbox_counts(fiber: Shop) -> None:
    author, checker = shop.author(), shop.checker()
    draft = operations.draft_price(
        charge=fiber.rental, currency="USD", starts=START, flat_amount=D(1), actor=author
    )
    operations.submit_price(price_id=draft.pk, actor=author)
    with pytest.raises(WrongState):
        operations.publish_price(price_id=draft.pk, on_date=START, actor=checker)
    request = audit.queries.waiting_requests().get()
    audit.operations.approve(request_id=request.pk, approver=checker)
    live = operations.publish_price(price_id=draft.pk, on_date=START, actor=checker)
    assert (live.state, live.approved_by) == ("PUBLISHED", checker)


def test_a_rejection_in_the_inbox_counts_too(fiber: Shop) -> None:
    author, checker = shop.author(), shop.checker()
    draft = operations.draft_price(
        charge=fiber.rental, currency="USD", starts=START, flat_amount=D(1), actor=author
    )
    operations.submit_price(price_id=draft.pk, actor=author)
    request = audit.queries.waiting_requests().get()
    audit.operations.reject(request_id=request.pk, approver=checker, comment="No")
    with pytest.raises(WrongState, match="rejected or has expired"):
        operations.approve_price(price_id=draft.pk, actor=checker)
    operations.reject_price(price_id=draft.pk, actor=checker, comment="No")
    operations.submit_price(price_id=draft.pk, actor=author)
    operations.approve_price(price_id=draft.pk, actor=checker)


def test_an_author_with_every_right_still_needs_somebody_else(fiber: Shop) -> None:
    both = shop.person(
        "both",
        *("catalog.draft_price", "catalog.approve_price", "catalog.publish_price"),
        "audit.approve_request",
    )
    draft = operations.draft_price(
        charge=fiber.rental, currency="USD", starts=START, flat_amount=D(1), actor=both
    )
    operations.submit_price(price_id=draft.pk, actor=both)
    with pytest.raises(CannotApprove):
        operations.approve_price(price_id=draft.pk, actor=both)
    operations.approve_price(price_id=draft.pk, actor=shop.checker())
    with pytest.raises(CannotApprove):
        operations.publish_price(price_id=draft.pk, on_date=START, actor=both)


def test_a_rejected_price_is_a_draft_again_and_asks_anew(fiber: Shop) -> None:
    author, checker = shop.author(), shop.checker()
    draft = operations.draft_price(
        charge=fiber.rental, currency="USD", starts=START, flat_amount=D(10), actor=author
    )
    operations.submit_price(price_id=draft.pk, actor=author)
    operations.reject_price(price_id=draft.pk, actor=checker, comment="Too low")
    revised = operations.revise_price(price_id=draft.pk, flat_amount=D(12), actor=author)
    assert revised.state == "DRAFT"
    operations.submit_price(price_id=draft.pk, actor=author)
    assert audit.queries.waiting_requests().count() == 1
    with pytest.raises(NotADraft):
        operations.revise_price(price_id=draft.pk, flat_amount=D(9), actor=author)


def test_whoever_lacks_the_right_is_refused(fiber: Shop) -> None:
    viewer = shop.viewer()
    draft = operations.draft_price(
        charge=fiber.rental, currency="USD", starts=START, flat_amount=D(1), actor=None
    )
    for act in (
        lambda: operations.draft_price(
            charge=fiber.rental, currency="USD", starts=START, actor=viewer
        ),
        lambda: operations.revise_price(price_id=draft.pk, actor=viewer),
        lambda: operations.discard_price(price_id=draft.pk, actor=viewer),
        lambda: operations.submit_price(price_id=draft.pk, actor=viewer),
        lambda: operations.approve_price(price_id=draft.pk, actor=viewer),
        lambda: operations.reject_price(price_id=draft.pk, actor=viewer, comment="x"),
        lambda: operations.publish_price(price_id=draft.pk, on_date=START, actor=viewer),
        lambda: operations.retire_price(
            price_id=draft.pk, on_date=START, ends=START, actor=viewer
        ),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_new_price_ends_the_one_before_it(fiber: Shop) -> None:
    old = published(fiber.rental, flat_amount=D(30))
    rise = date(2027, 6, 1)
    new = published(fiber.rental, flat_amount=D(33), starts=rise, on_date=date(2027, 5, 20))
    old.refresh_from_db()
    assert (old.valid.upper, new.valid.upper) == (rise, None)
    catalog = queries.compiled()
    before = catalog.price_for(
        fiber.rental.pk, book_id=None, currency="USD", on_date=date(2027, 5, 31)
    )
    after = catalog.price_for(fiber.rental.pk, book_id=None, currency="USD", on_date=rise)
    assert before is not None
    assert after is not None
    assert (before.flat_amount, after.flat_amount) == (D(30), D(33))
    assert catalog.price_changes(fiber.rental.pk, "USD") == [START, rise]


def test_days_past_are_not_repriced(fiber: Shop) -> None:
    published(fiber.rental, flat_amount=D(30))
    with pytest.raises(RetroactivePrice):
        published(
            fiber.rental, flat_amount=D(33), starts=date(2027, 6, 1), on_date=date(2027, 6, 2)
        )
    with pytest.raises(WrongState, match="in force from"):
        published(fiber.rental, flat_amount=D(33), starts=START, on_date=START)


def test_a_correction_supersedes_what_it_corrects(fiber: Shop) -> None:
    wrong = published(fiber.rental, flat_amount=D(300))
    right = published(fiber.rental, flat_amount=D(30), supersedes=wrong, on_date=date(2027, 3, 1))
    wrong.refresh_from_db()
    assert wrong.state == "OBSOLETE"
    terms = queries.compiled().price_for(
        fiber.rental.pk, book_id=None, currency="USD", on_date=START
    )
    assert terms is not None
    assert terms.price_version_id == right.pk


def test_a_retired_price_still_prices_its_days(fiber: Shop) -> None:
    live = published(fiber.rental, flat_amount=D(30))
    ends = date(2027, 7, 1)
    with pytest.raises(RetroactivePrice):
        operations.retire_price(price_id=live.pk, on_date=date(2027, 7, 2), ends=ends, actor=None)
    operations.retire_price(price_id=live.pk, on_date=date(2027, 6, 1), ends=ends, actor=None)
    catalog = queries.compiled()
    ask: dict[str, Any] = {"book_id": None, "currency": "USD"}
    assert catalog.price_for(fiber.rental.pk, on_date=date(2027, 6, 30), **ask) is not None
    assert catalog.price_for(fiber.rental.pk, on_date=ends, **ask) is None


@pytest.mark.parametrize(
    ("values", "rule", "words"),
    [
        ({"unit_price": D(1)}, "TIER-2", "no unit price"),
        ({"tiers": ()}, "TIER-1", "needs tiers"),
        ({"tiers": TIERS[:1]}, "TIER-1", "last tier must have no end"),
        ({"tiers": TIERS, "attributes": {"colour": "red"}}, "PRC-3", "attribute colour"),
        ({"tiers": TIERS, "package_size": D(5)}, "TIER-2", "no package size"),
    ],
)
def test_the_checklist_stops_incomplete_prices(
    fiber: Shop, values: dict[str, Any], rule: str, words: str
) -> None:
    draft = operations.draft_price(
        charge=fiber.minutes, currency="USD", starts=START, actor=None, **values
    )
    with pytest.raises(CannotPublish, match=words) as caught:
        operations.submit_price(price_id=draft.pk, actor=None)
    assert rule in {problem.rule for problem in caught.value.problems}


def test_two_prices_of_equal_rank_are_found_at_publication(fiber: Shop) -> None:
    """PRC-3."""
    published(fiber.minutes, tiers=TIERS, segment="SMB")
    published(fiber.minutes, tiers=TIERS, region="NORTH")  # another rank: fine
    published(fiber.minutes, tiers=TIERS, attributes={"zone": "EU"})
    published(fiber.minutes, tiers=TIERS, attributes={"zone": "WORLD"})  # never both
    published(fiber.minutes, tiers=TIERS, segment="SMB", region="NORTH")
    with pytest.raises(CannotPublish, match="neither would win"):
        published(fiber.minutes, tiers=TIERS, attributes={"peak": "yes"})


def test_invalid_keys_are_refused(fiber: Shop) -> None:
    with pytest.raises(Invalid):
        operations.draft_price(charge=fiber.rental, currency="XXQ", starts=START, actor=None)
    with pytest.raises(Invalid):
        operations.draft_price(
            charge=fiber.rental, currency="USD", starts=START, ends=START, actor=None
        )
    with pytest.raises(Invalid):
        operations.draft_price(
            charge=fiber.rental, currency="USD", starts=START, segment="a\x00b", actor=None
        )


def test_books_are_asked_from_the_nearest_up_to_the_default(fiber: Shop) -> None:
    """PRC-2."""
    partner = operations.define_price_book(code="PARTNER", name="Partner", actor=None)
    gold = operations.define_price_book(code="GOLD", name="Gold", parent=partner, actor=None)
    published(fiber.rental, flat_amount=D(30))
    published(fiber.rental, flat_amount=D(25), pricebook=partner)
    published(fiber.install, unit_price=D(99), pricebook=gold)
    catalog = queries.compiled()

    def listed(charge_id: int, book_id: int | None) -> Decimal | None:
        found = catalog.price_for(charge_id, book_id=book_id, currency="USD", on_date=START)
        return None if found is None else found.flat_amount or found.unit_price

    assert listed(fiber.rental.pk, None) == 30
    assert listed(fiber.rental.pk, gold.pk) == 25
    assert listed(fiber.install.pk, gold.pk) == 99
    assert listed(fiber.install.pk, partner.pk) is None
    with pytest.raises(Invalid, match="ancestor"):
        operations.define_price_book(code="PARTNER", name="Partner", parent=gold, actor=None)


def test_the_compiled_catalogue_is_kept_until_a_row_changes(fiber: Shop) -> None:
    published(fiber.minutes, tiers=TIERS)
    published(fiber.minutes, tiers=TIERS, attributes={"zone": "EU"}, currency="EUR")
    first = queries.compiled()
    assert queries.compiled() is first
    assert queries.compiled(currencies=["EUR"]).prices.keys() == {(fiber.minutes.pk, None, "EUR")}
    terms = first.price_for(fiber.minutes.pk, book_id=None, currency="USD", on_date=START)
    assert terms is not None
    assert price(terms, D(150), "USD").amount == D("12.50")
    published(fiber.rental, flat_amount=D(1))
    second = queries.compiled()
    assert second is not first
    assert second.charges[fiber.minutes.pk].uom == "MIN"
    assert second.charges[fiber.rental.pk].tax_category == "TELECOM"


def test_no_money_changes_without_history(fiber: Shop) -> None:
    live = published(fiber.minutes, tiers=TIERS)
    assert Change.objects.filter(table_name="catalog_priceversion", row_id=live.pk).count() == 4
    assert Change.objects.filter(table_name="catalog_pricetier").count() == 2


def test_the_books_of_a_sound_catalogue_are_green(fiber: Shop) -> None:
    """I-22, TIER-1."""
    published(fiber.minutes, tiers=TIERS)
    assert [check.run() for check in queries.INTEGRITY] == [[], []]


def test_drafts_can_be_discarded(fiber: Shop) -> None:
    draft = operations.draft_price(
        charge=fiber.minutes, currency="USD", starts=START, tiers=TIERS, actor=None
    )
    operations.revise_price(price_id=draft.pk, tiers=TIERS[1:], actor=None)
    operations.discard_price(price_id=draft.pk, actor=None)
    assert not PriceVersion.objects.exists()
