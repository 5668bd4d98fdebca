"""What the tax calculator holds to on every document."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tax.rules import (
    TaxableLine,
)
from tests.unit.tax.places import (
    CITY,
    COUNTY,
    DAY,
    DE,
    STATE,
    D,
    certificate,
    line,
    tables,
    tax,
)

money = st.decimals(min_value=-5000, max_value=5000, places=2)
categories = st.sampled_from(["GOODS", "TELECOM", "FOOD", "MIXED", "SEAT", "PARCEL", "LEVIED"])
held = st.sampled_from(
    [(), (certificate(),), (certificate(share=D("0.35")),),
     (certificate(jurisdictions=frozenset({COUNTY})),)]
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> list[TaxableLine]:
    return [
        TaxableLine(
            key=number,
            amount=draw(money),
            category=draw(categories),
            jurisdiction_id=draw(st.sampled_from([STATE, COUNTY, CITY])),
            tax_date=DAY,
            quantity=draw(st.integers(0, 9).map(D)),
            inclusive=draw(st.booleans()),
            exemptions=draw(held),
        )
        for number in range(draw(st.integers(1, 6)))
    ]


@settings(max_examples=250, deadline=None)
@given(documents(), st.sampled_from(["LINE", "DOCUMENT"]), st.booleans())
def test_every_document_adds_up(lines: list[TaxableLine], rounding: str, combine: bool) -> None:
    """Keep the order and the cents; gross stays gross, and all have the currency's decimals."""
    answers = tax(*lines, rounding=rounding, at=tables(combine=combine))
    assert [one.key for one in answers] == [one.key for one in lines]
    for given_line, answer in zip(lines, answers, strict=True):
        whole = answer.net + answer.tax if given_line.inclusive else answer.net
        assert whole == given_line.amount
        for one in answer.taxes:
            assert one.amount == one.amount.quantize(D("0.01"))
            assert one.basis == one.basis.quantize(D("0.01"))
            assert one.category_code == "S" or one.amount == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(money, min_size=1, max_size=12))
def test_a_document_rounds_the_sum_of_its_group_once(nets: list[D]) -> None:
    """TAX-9: the group's tax is the rounded tax of the sum, whatever the lines."""
    answers = tax(
        *(line(str(net), "GOODS", DE) for net in nets),
        rounding="DOCUMENT", currency="EUR", seller="DE",
    )  # fmt: skip
    expected = tax(line(str(sum(nets)), "GOODS", DE), currency="EUR", seller="DE")[0].tax
    assert sum(one.tax for one in answers) == expected
    for net, answer in zip(nets, answers, strict=True):
        # Allocation may move single cents, never more, and never to the other sign.
        assert abs(answer.tax - net * D("0.19")) < D("0.02") * len(nets)
        assert answer.tax * net >= 0


@settings(max_examples=100, deadline=None)
@given(documents())
def test_one_line_taxes_alike_by_line_and_by_document(lines: list[TaxableLine]) -> None:
    for one in lines:
        assert tax(one, rounding="LINE") == tax(one, rounding="DOCUMENT")


@settings(max_examples=100, deadline=None)
@given(documents(), st.sampled_from(["LINE", "DOCUMENT"]), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_change_the_total(
    lines: list[TaxableLine], rounding: str, random: object
) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = tax(*lines, rounding=rounding), tax(*shuffled, rounding=rounding)
    assert sum(one.tax for one in before) == sum(one.tax for one in after)
