"""The engine and the oracle against committed vectors of every model and policy (TIER, UNIT)."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from catalog.rules.counters import split_counter
from catalog.rules.events import Increments, rate_event
from catalog.rules.pricing import MODELS, PriceTerms, Tier, price, price_transactions
from tests.golden import vectors

D = Decimal
VECTORS: list[dict[str, Any]] = json.loads(vectors.FILE.read_text())
FACTORS = ("factor", "tier_factor", "free_factor", "bound_factor")


def terms_of(given: dict[str, Any]) -> PriceTerms:
    values: dict[str, Any] = {
        name: D(value) if isinstance(value, str) and name not in ("model", "cell") else value
        for name, value in given.items()
        if name != "tiers"
    }
    tiers = tuple(
        Tier(None if upper is None else D(upper), D(unit), D(flat))
        for upper, unit, flat in given.get("tiers", ())
    )
    return PriceTerms(1, currency="EUR", tiers=tiers, **values)


def engine(case: dict[str, Any]) -> dict[str, Any]:
    if case["kind"] == "event":
        bands = {code: terms_of(given) for code, given in case["bands"].items()}
        found = rate_event(
            bands.__getitem__, D(case["quantity"]), "EUR",
            cuts=[(D(at), code) for at, code in case["cuts"]],
            increments=Increments(D(case["first"]), D(case["following"]), case["mode"]),
        )  # fmt: skip
        return {"quantity": found.quantity, "exact": found.amount}
    terms = terms_of(case["terms"])
    if case["kind"] == "counter":
        return {"exact": _months(terms, [D(month) for month in case["months"]])}
    if case["kind"] == "transactions":
        paid = price_transactions(terms, [D(value) for value in case["values"]], "EUR")
        charged = paid.rows[-1].quantity
        return {"exact": paid.amount_exact, "amount": paid.amount, "charged": charged}
    factors = {name: D(case[name]) for name in FACTORS if name in case}
    priced = price(terms, D(case["quantity"]), "EUR", **factors)
    rows = [list(row) for row in priced.rows]
    return {
        "exact": priced.amount_exact, "amount": priced.amount, "rows": rows, "bound": priced.bound,
    }  # fmt: skip


def _months(terms: PriceTerms, months: list[Decimal]) -> list[Decimal]:
    reached, found = D(0), []
    for month in months:
        (priced,) = split_counter([(terms, month)], "EUR", before=reached)
        found.append(priced.amount_exact)
        reached += month
    return found


def numbers(value: Any) -> Any:
    """Read text as numbers, whatever the depth."""
    if isinstance(value, list | tuple):
        return [numbers(one) for one in value]
    if isinstance(value, dict):
        return {name: one if name == "bound" else numbers(one) for name, one in value.items()}
    return D(value)


@pytest.mark.parametrize("number", range(0, len(VECTORS), 50))
def test_the_engine_gives_what_the_vectors_say(number: int) -> None:
    for case in VECTORS[number : number + 50]:
        assert numbers(engine(case)) == numbers(case["answer"]), json.dumps(case)


def test_the_vectors_are_what_the_oracle_says() -> None:
    """Changed cases are written anew by `python -m tests.golden.vectors`."""
    written = [{**case, "answer": vectors.answered(case)} for case in vectors.cases()]
    assert json.loads(json.dumps(written)) == VECTORS


def test_every_model_and_policy_is_met() -> None:
    met = Counter(case["terms"]["model"] if "terms" in case else "SLOTS" for case in VECTORS)
    assert set(met) == set(MODELS)
    assert {case.get("policy") for case in VECTORS} >= set(vectors.POLICIES)
    assert len(VECTORS) > 1000
