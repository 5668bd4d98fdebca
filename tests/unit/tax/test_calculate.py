"""The tax calculator: worked examples."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tax.rules import (
    LineTax,
    RegistrationTerms,
    TaxRateMissing,
)
from tests.unit.tax.places import (
    CITY,
    COUNTY,
    DAY,
    DE,
    FR,
    LEVY,
    RATES,
    SALES,
    START,
    STATE,
    D,
    amounts,
    certificate,
    line,
    rate,
    tables,
    tax,
)


def test_the_stack_of_the_address_is_taxed_from_the_top() -> None:
    """TAX-4: state, county and city each take their rate."""
    (answer,) = tax(line("100.00"))
    assert [one.jurisdiction_id for one in answer.taxes] == [STATE, COUNTY, CITY]
    assert amounts(answer) == ["6.50", "1.25", "1.00"]
    assert answer.tax == D("8.75")


def test_a_later_tax_compounds_on_earlier_ones() -> None:
    """TAX-8: the surcharge of 5 % is taken on net and sales tax, 108.75."""
    (answer,) = tax(line("100.00", "TELECOM"))
    assert amounts(answer) == ["6.50", "1.25", "1.00", "5.44"]
    assert answer.taxes[3].basis == D("108.75")


def test_amounts_per_unit_and_per_line_are_not_percentages() -> None:
    """TAX-8."""
    (seats,) = tax(line("30.00", "SEAT", quantity=D(4)))
    assert amounts(seats)[-1] == "3.00"
    (parcel,) = tax(line("30.00", "PARCEL", quantity=D(4)))
    assert amounts(parcel)[-1] == "1.20"
    (returned,) = tax(line("-30.00", "PARCEL", quantity=D(-4)))
    assert amounts(returned)[-1] == "-1.20"


def test_caps_hold_by_line_and_by_document() -> None:
    """TAX-8: a levy of 10 %, at most 2.00."""
    lines = [line("15.00", "LEVIED"), line("40.00", "LEVIED")]
    assert [amounts(one)[-1] for one in tax(*lines)] == ["1.50", "2.00"]
    capped = [one for one in RATES if one.id != 11]
    capped.append(rate(11, STATE, LEVY, "0.10", cap=D(2), cap_scope="DOCUMENT", currency="USD"))
    shared = tax(*lines, at=tables(rates=capped))
    assert [amounts(one)[-1] for one in shared] == ["0.55", "1.45"]


def test_an_amount_in_another_currency_is_refused() -> None:
    with pytest.raises(TaxRateMissing, match="USD, not EUR"):
        tax(line("30.00", "SEAT"), currency="EUR")


def test_taxability_names_the_treatment_and_the_share() -> None:
    """TAX-5: exempt, partly taxable, reduced, zero and out of scope."""
    (food,) = tax(line("100.00", "FOOD", STATE))
    assert [(one.category_code, one.amount) for one in food.taxes] == [("E", D(0))]
    assert json.loads(food.taxes[0].trace)["reason"] == "Groceries"
    (mixed,) = tax(line("100.00", "MIXED", STATE))
    assert (mixed.taxes[0].basis, mixed.taxes[0].amount) == (D("40.00"), D("2.60"))
    german = {"seller": "DE", "currency": "EUR"}
    for category, code, amount in (
        ("BOOK", "S", "7.00"),
        ("EXPORT", "Z", "0.00"),
        ("DEPOSIT", "O", "0.00"),
        ("GOODS", "S", "19.00"),
    ):
        (answer,) = tax(line("100.00", category, DE), **german)  # type: ignore[arg-type]
        assert [(one.category_code, str(one.amount)) for one in answer.taxes] == [(code, amount)]


def test_a_taxable_place_without_rate_is_an_error() -> None:
    """TAX-5: never silently untaxed."""
    with pytest.raises(TaxRateMissing, match="DE has no rate STANDARD"):
        tax(line("1.00", "GOODS", DE), at=tables(rates=RATES[:6]))


def test_without_registration_there_is_no_tax() -> None:
    """TAX-2: Fr is not registered; a registration covers the places inside."""
    (answer,) = tax(line("100.00", "GOODS", FR), seller="DE", currency="EUR")
    assert answer.taxes == ()
    late = [RegistrationTerms(STATE, date(2027, 3, 2), None)]
    assert tax(line("100.00"), at=tables(registrations=late))[0].taxes == ()
    assert len(tax(line("1", tax_date=date(2027, 3, 2)), at=tables(registrations=late))[0].taxes)


def test_the_rate_of_the_tax_date_applies() -> None:
    """TAX-1: 16 % until the end of 2026, 19 % from 1 January 2027."""
    old, new = tax(
        line("100.00", "GOODS", DE, tax_date=date(2026, 12, 31)),
        line("100.00", "GOODS", DE, tax_date=date(2027, 1, 1)),
        currency="EUR",
        seller="DE",
    )
    assert (old.tax, new.tax) == (D("16.00"), D("19.00"))


@pytest.mark.parametrize("rounding", ["LINE", "DOCUMENT"])
def test_a_period_over_a_rate_change_is_split_by_days(rounding: str) -> None:
    """TAX-1: 15 December to 14 January, 17 days at 16 % and 14 days at 19 %."""
    (answer,) = tax(
        line("31.00", "GOODS", DE, period=(date(2026, 12, 15), date(2027, 1, 15))),
        rounding=rounding,
        currency="EUR",
        seller="DE",
        at=tables(date_basis="SPLIT_BY_DAYS"),
    )
    assert answer.net == D("31.00")
    assert [(one.rate, one.basis, one.amount) for one in answer.taxes] == [
        (D("0.16"), D("17.00"), D("2.72")),
        (D("0.19"), D("14.00"), D("2.66")),
    ]


def test_a_period_without_change_is_not_split() -> None:
    (answer,) = tax(
        line("31.00", "GOODS", DE, period=(date(2027, 2, 1), date(2027, 3, 1))),
        currency="EUR",
        seller="DE",
        at=tables(date_basis="SPLIT_BY_DAYS"),
    )
    assert len(answer.taxes) == 1


def test_a_certificate_exempts_what_it_names() -> None:
    """TAX-6: only the state's sales tax, only in its validity."""
    held = certificate(jurisdictions=frozenset({STATE}), tax_types=frozenset({SALES}))
    (answer,) = tax(line("100.00", exemptions=(held,)))
    assert [(one.category_code, str(one.amount), one.exemption_id) for one in answer.taxes] == [
        ("E", "0", 7),
        ("S", "1.25", None),
        ("S", "1.00", None),
    ]
    ended = certificate(ends=DAY)
    assert tax(line("100.00", exemptions=(ended,)))[0].tax == D("8.75")
    other = certificate(categories=frozenset({"FOOD"}))
    assert tax(line("100.00", exemptions=(other,)))[0].tax == D("8.75")


def test_a_partial_exemption_leaves_the_rest_taxed() -> None:
    """TAX-6: 40 % exempt of 100.00 at 6.5 %."""
    (answer,) = tax(line("100.00", "GOODS", STATE, exemptions=(certificate(share=D("0.4")),)))
    assert [(one.category_code, one.basis, one.amount) for one in answer.taxes] == [
        ("E", D("40.00"), D(0)),
        ("S", D("60.00"), D("3.90")),
    ]


def test_reverse_charge_needs_another_country_and_a_valid_number() -> None:
    """TAX-7 as far as rules go: AE abroad with a number, else as a consumer."""
    seller = [RegistrationTerms(DE, START, None), RegistrationTerms(FR, START, None)]
    at = tables(registrations=seller)
    french = line("100.00", "GOODS", FR)
    for more, code, amount in (
        ({"kind": "BUSINESS", "vat_ok": True, "seller": "DE"}, "AE", "0.00"),
        ({"kind": "BUSINESS", "vat_ok": False, "seller": "DE"}, "S", "20.00"),
        ({"kind": "BUSINESS", "vat_ok": True, "seller": "FR"}, "S", "20.00"),
        ({"kind": "CONSUMER", "vat_ok": True, "seller": "DE"}, "S", "20.00"),
    ):
        (answer,) = tax(french, currency="EUR", at=at, **more)  # type: ignore[arg-type]
        assert [(one.category_code, str(one.amount)) for one in answer.taxes] == [(code, amount)]
    (unregistered,) = tax(french, currency="EUR", seller="DE", kind="BUSINESS", vat_ok=True)
    assert [one.category_code for one in unregistered.taxes] == ["AE"]


def test_rounding_by_line_and_by_document_differ() -> None:
    """TAX-9: three lines of 0.33 at 19 %: 0.06 each by line, 0.19 together."""
    lines = [line("0.33", "GOODS", DE, key=number) for number in range(3)]
    german = {"currency": "EUR", "seller": "DE"}
    by_line = tax(*lines, rounding="LINE", **german)  # type: ignore[arg-type]
    together = tax(*lines, rounding="DOCUMENT", **german)  # type: ignore[arg-type]
    assert [str(one.tax) for one in by_line] == ["0.06", "0.06", "0.06"]
    assert [str(one.tax) for one in together] == ["0.07", "0.06", "0.06"]


def test_lines_of_both_signs_are_rounded_together() -> None:
    """TAX-9: the sum is rounded, and each side keeps its sign."""
    answers = tax(
        line("10.00", "GOODS", DE), line("-10.00", "GOODS", DE), line("0.00", "GOODS", DE),
        rounding="DOCUMENT", currency="EUR", seller="DE",
    )  # fmt: skip
    assert [str(one.tax) for one in answers] == ["1.90", "-1.90", "0.00"]


def test_state_and_local_rates_may_be_combined() -> None:
    """TAX-9, combine_state_local: 8.75 % of 0.94 is 0.08; apart it would be 0.06+0.01+0.01."""
    apart = tax(line("1.70"))
    together = tax(line("1.70"), at=tables(combine=True))
    assert amounts(apart[0]) == ["0.11", "0.02", "0.02"]  # 0.15
    assert together[0].tax == D("0.15")
    apart, together = tax(line("1.40")), tax(line("1.40"), at=tables(combine=True))
    assert apart[0].tax == D("0.12")
    assert amounts(apart[0]) == ["0.09", "0.02", "0.01"]
    assert amounts(together[0]) == ["0.09", "0.02", "0.01"]
    apart, together = tax(line("0.40")), tax(line("0.40"), at=tables(combine=True))
    assert (apart[0].tax, together[0].tax) == (D("0.04"), D("0.04"))
    apart, together = tax(line("0.60")), tax(line("0.60"), at=tables(combine=True))
    assert (apart[0].tax, together[0].tax) == (D("0.06"), D("0.05"))


def test_a_line_without_place_bears_no_tax() -> None:
    (answer,) = tax(line("10.00", place=None))
    assert answer == LineTax(1, D("10.00"), ())


def test_every_tax_carries_its_trace() -> None:
    """TAX-11."""
    (answer,) = tax(line("100.00"))
    trace = json.loads(answer.taxes[0].trace)
    assert trace == {
        "rule": 1, "treatment": "TAXABLE", "rate_id": 1, "rate_code": "STANDARD", "kind": "PERCENT"
    }  # fmt: skip
