"""The tax tables: kept by operations, read by the calculator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from foundation.errors import Forbidden, Invalid
from tax import operations, queries
from tax.models import Jurisdiction, TaxType
from tax.operations import RetroactiveTaxChange
from tax.rules import TaxableLine, TaxDocument, calculate

pytestmark = pytest.mark.django_db
D = Decimal
START, TODAY = date(2020, 1, 1), date(2027, 3, 1)
ENTITY = 1


@pytest.fixture
def state() -> Jurisdiction:
    country = operations.add_jurisdiction(code="XA", name="Avalon", level="COUNTRY", actor=None)
    place = operations.add_jurisdiction(
        code="XA-N", name="North", level="STATE", parent=country, actor=None
    )
    operations.register_entity(
        entity_id=ENTITY, jurisdiction=country, number="XA1", starts=START, actor=None
    )
    return place


@pytest.fixture
def sales(state: Jurisdiction) -> TaxType:
    operations.define_category(code="TELECOM", name="Telecom", nature="TELECOM", actor=None)
    tax = operations.add_tax_type(code="SALES", name="Sales tax", actor=None)
    operations.add_rate(
        jurisdiction=state, tax_type=tax, rate=D("0.065"), starts=START, on_date=TODAY, actor=None
    )
    operations.add_rule(
        jurisdiction=state, tax_type=tax, treatment="TAXABLE", starts=START, on_date=TODAY,
        actor=None,
    )  # fmt: skip
    return tax


def taxed(state: Jurisdiction, on: date, category: str = "TELECOM") -> list[D]:
    document = TaxDocument(
        "LINE", "USD", "XA", "CONSUMER", [TaxableLine(1, D("100.00"), category, state.pk, on)]
    )
    (answer,) = calculate(document, queries.tables(ENTITY, (on,)))
    return [one.amount for one in answer.taxes]


def test_what_was_added_is_charged(state: Jurisdiction, sales: TaxType) -> None:
    assert taxed(state, TODAY) == [D("6.50")]


def test_a_new_rate_ends_the_one_before(state: Jurisdiction, sales: TaxType) -> None:
    """TAX-15: a change begins on a day to come; days before it keep their tax."""
    operations.add_rate(
        jurisdiction=state, tax_type=sales, rate=D("0.07"), starts=date(2027, 7, 1),
        on_date=TODAY, actor=None,
    )  # fmt: skip
    assert taxed(state, date(2027, 6, 30)) == [D("6.50")]
    assert taxed(state, date(2027, 7, 1)) == [D("7.00")]


def test_a_change_of_days_past_is_refused(state: Jurisdiction, sales: TaxType) -> None:
    """TAX-15, TAX-12."""
    past = date(2027, 2, 28)
    with pytest.raises(RetroactiveTaxChange):
        operations.add_rate(
            jurisdiction=state, tax_type=sales, rate=D("0.07"), starts=past, on_date=TODAY,
            actor=None,
        )  # fmt: skip
    with pytest.raises(RetroactiveTaxChange):
        operations.add_rule(
            jurisdiction=state, tax_type=sales, treatment="ZERO", starts=past, on_date=TODAY,
            actor=None,
        )  # fmt: skip
    rate, rule = sales.rates.get(), sales.rules.get()
    with pytest.raises(RetroactiveTaxChange):
        operations.end_rate(rate_id=rate.pk, ends=past, on_date=TODAY, actor=None)
    with pytest.raises(RetroactiveTaxChange):
        operations.end_rule(rule_id=rule.pk, ends=past, on_date=TODAY, actor=None)
    assert taxed(state, past) == [D("6.50")]


def test_rates_and_rules_end_on_days_to_come(state: Jurisdiction, sales: TaxType) -> None:
    ends = date(2027, 4, 1)
    operations.end_rule(rule_id=sales.rules.get().pk, ends=ends, on_date=TODAY, actor=None)
    operations.end_rate(rate_id=sales.rates.get().pk, ends=ends, on_date=TODAY, actor=None)
    assert taxed(state, date(2027, 3, 31)) == [D("6.50")]
    assert taxed(state, ends) == []
    with pytest.raises(Invalid):
        operations.end_rate(
            rate_id=sales.rates.get().pk, ends=date(2027, 5, 1), on_date=TODAY, actor=None
        )


def test_a_surcharge_compounds_and_passes_through(state: Jurisdiction, sales: TaxType) -> None:
    """TAX-8."""
    levy = operations.add_tax_type(
        code="LEVY", name="Levy", sequence=2, compounds_on=[sales], pass_through=True, actor=None
    )
    assert levy.gl_number == "2210"
    operations.add_rate(
        jurisdiction=state, tax_type=levy, rate=D("0.05"), starts=START, on_date=TODAY, actor=None
    )
    operations.add_rule(
        jurisdiction=state, tax_type=levy, category="TELECOM", treatment="TAXABLE", starts=START,
        on_date=TODAY, actor=None,
    )  # fmt: skip
    assert taxed(state, TODAY) == [D("6.50"), D("5.33")]
    assert taxed(state, TODAY, "OTHER") == [D("6.50")]


def test_tables_are_read_once_until_a_row_changes(state: Jurisdiction, sales: TaxType) -> None:
    first = queries.tables(ENTITY)
    assert queries.tables(ENTITY) is first
    assert queries.tables(2).registrations == {}
    operations.end_rule(
        rule_id=sales.rules.get().pk, ends=date(2027, 4, 1), on_date=TODAY, actor=None
    )
    assert queries.tables(ENTITY) is not first


def test_the_tree_is_told_from_the_countries_down(state: Jurisdiction) -> None:
    assert [(depth, place.code) for depth, place in queries.tree()] == [(0, "XA"), (1, "XA-N")]


def test_a_taxable_rule_without_rate_is_found(state: Jurisdiction, sales: TaxType) -> None:
    (check,) = queries.INTEGRITY
    assert check.run() == []
    operations.add_rule(
        jurisdiction=state, tax_type=sales, category="TELECOM", rate_code="REDUCED",
        treatment="TAXABLE", starts=START, on_date=TODAY, actor=None,
    )  # fmt: skip
    (finding,) = check.run()
    assert "REDUCED" in finding.message


def test_words_are_checked(state: Jurisdiction, sales: TaxType) -> None:
    with pytest.raises(Invalid):
        operations.add_jurisdiction(code="avalon", name="x", level="COUNTRY", actor=None)
    with pytest.raises(Invalid, match="say why"):
        operations.add_rule(
            jurisdiction=state, tax_type=sales, category="TELECOM", treatment="EXEMPT",
            starts=START, on_date=TODAY, actor=None,
        )  # fmt: skip
    with pytest.raises(Invalid, match="before it begins"):
        operations.add_rate(
            jurisdiction=state, tax_type=sales, rate=D(0), code="X", starts=TODAY, ends=START,
            on_date=TODAY, actor=None,
        )  # fmt: skip


def test_whoever_lacks_the_right_is_refused(state: Jurisdiction, sales: TaxType) -> None:
    user = User.objects.create_user("viewer")
    for act in (
        lambda: operations.add_jurisdiction(code="XB", name="x", level="COUNTRY", actor=user),
        lambda: operations.define_category(code="X", name="x", nature="GOOD", actor=user),
        lambda: operations.add_tax_type(code="X", name="x", actor=user),
        lambda: operations.end_rate(rate_id=1, ends=TODAY, on_date=TODAY, actor=user),
        lambda: operations.end_rule(rule_id=1, ends=TODAY, on_date=TODAY, actor=user),
        lambda: operations.register_entity(
            entity_id=1, jurisdiction=state, number="1", starts=TODAY, actor=user
        ),
    ):
        with pytest.raises(Forbidden):
            act()
