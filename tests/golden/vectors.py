"""The cases of `prices.json`, and how the file is written: `python -m tests.golden.vectors`.

Every model is met by every policy that means something to it, around every bound. The answers are
those of the oracle, never of the engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.golden import oracle

FILE = Path(__file__).with_name("prices.json")
TIERS = [["10", "5", "0"], ["50", "4.25", "7"], [None, "0.125", "3"]]
STEPS = [["10", "0", "20"], ["50", "0", "35.5"], [None, "0", "60"]]
SHARES = [["100", "0.03", "1"], ["150.5", "0.025", "0"], [None, "0.01", "2"]]
QUANTITIES = ("0", "0.25", "9.75", "10", "10.25", "50", "50.25", "151", "400.5")
MODELS: dict[str, dict[str, Any]] = {
    "FLAT": {"flat_amount": "29.99"},
    "PER_UNIT": {"unit_price": "0.3333"},
    "PER_DAY": {"unit_price": "0.25"},
    "HIGH_WATER": {"unit_price": "2.125"},
    "GRADUATED": {"tiers": TIERS},
    "VOLUME": {"tiers": TIERS},
    "STAIRSTEP": {"tiers": STEPS},
    "GRADUATED_PERCENT": {"tiers": SHARES},
    "PACKAGE": {"unit_price": "7", "package_size": "20", "included": "30"},
    "OVERAGE": {"unit_price": "0.1", "included": "40"},
    "P95_BURST": {"unit_price": "4", "included": "100", "flat_amount": "500"},
    "PERCENT": {"percent": "0.029", "flat_amount": "0.3"},
    "DYNAMIC": {"percent": "0.25"},
    "MATRIX": {"unit_price": "0.15", "flat_amount": "0.02", "cell": "zone=EU"},
}
POLICIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "upper bound exclusive": ({"upper_exclusive": True}, {}),
    "flat amount of an empty tier": ({"empty_tier_flat": True}, {}),
    "zero is billed": ({"bill_zero": True, "min_amount": "5"}, {}),
    "least and greatest": ({"min_amount": "12", "max_amount": "90"}, {}),
    "half a period": ({}, {"factor": "0.5"}),
    "half of the tiers": ({}, {"tier_factor": "0.5", "free_factor": "0.5"}),
    "tier after proration": ({"tier_after_proration": True}, {"factor": "0.5"}),
    "bounds shrink": ({"min_amount": "12", "max_amount": "90"}, {"bound_factor": "0.25"}),
    "bounds stand": (
        {"min_amount": "12", "max_amount": "90", "bounds_prorated": False}, {"factor": "0.5"},
    ),
}  # fmt: skip
TIERED = {"upper bound exclusive", "flat amount of an empty tier", "tier after proration"}


def cases() -> Iterator[dict[str, Any]]:
    """Yield the cases without answers."""
    for model, values in MODELS.items():
        for policy, (more, factors) in POLICIES.items():
            if policy in TIERED and model not in oracle.TIERS:
                continue
            for quantity in QUANTITIES:
                terms = {"model": model, **values, **more}
                yield {
                    "kind": "price", "policy": policy, "terms": terms, "quantity": quantity,
                    **factors,
                }  # fmt: skip
    for model in ("PER_UNIT", "PERCENT", "DYNAMIC", "MATRIX"):
        terms = {"model": model, **MODELS[model]}
        yield {"kind": "price", "policy": "correction", "terms": terms, "quantity": "-10.25"}
    for model in ("GRADUATED", "STAIRSTEP", "PACKAGE", "OVERAGE", "GRADUATED_PERCENT"):
        months = ["9.75", "0.25", "0", "40", "0.25", "300"]
        yield {"kind": "counter", "terms": {"model": model, **MODELS[model]}, "months": months}
    yield from _transactions()
    yield from _events()


def _transactions() -> Iterator[dict[str, Any]]:
    fees = {"event_fee": "0.3", "flat_amount": "2", "event_min": "0.5", "event_max": "4"}
    for free in ({}, {"free_events": 2}, {"free_amount": "150.25"},
                 {"free_events": 3, "free_amount": "150.25"}):  # fmt: skip
        for values in (["100", "100", "-50", "20.5", "900"], ["-10", "5"], ["10"], []):
            terms = {"model": "PERCENT", "percent": "0.01", **fees, **free}
            yield {"kind": "transactions", "terms": terms, "values": values}


def _events() -> Iterator[dict[str, Any]]:
    slots = [["180", "0.02", "0.1"], ["600", "0.01", "0"], [None, "0.005", "0.25"]]
    bounds = {"event_fee": "0.05", "event_min": "0.2", "event_max": "9"}
    bands = {
        "PEAK": {"model": "PER_UNIT", "unit_price": "0.02", **bounds},
        "OFF": {"model": "PER_UNIT", "unit_price": "0.0125", "event_fee": "0.01"},
        "SLOTS": {"model": "SLOTS", "tiers": slots, **bounds},
    }
    for cuts in (
        [["0", "PEAK"]], [["0", "SLOTS"]], [["0", "PEAK"], ["61", "OFF"]],
        [["0", "OFF"], ["59.5", "PEAK"], ["200", "OFF"]], [["0", "SLOTS"], ["170", "OFF"]],
    ):  # fmt: skip
        for first, following, mode in (("0", "0", "UP"), ("60", "6", "UP"), ("60", "60", "UP"),
                                       ("60", "6", "MIDDLE"), ("60", "6", "DOWN"),
                                       ("0", "30", "DOWN")):  # fmt: skip
            for quantity in ("0", "0.5", "60", "61", "63", "199.75", "601", "-65"):
                yield {
                    "kind": "event", "bands": bands, "cuts": cuts, "first": first,
                    "following": following, "mode": mode, "quantity": quantity,
                }  # fmt: skip


def answered(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case with the oracle's answer, numbers as text."""
    if case["kind"] == "price":
        exact, rows, bound = oracle.whole(case)
        told = [[text(value) for value in row] for row in rows]
        return {"exact": text(exact), "amount": cents(exact), "rows": told, "bound": bound}
    if case["kind"] == "counter":
        return {"exact": [text(one) for one in oracle.counter(case)]}
    if case["kind"] == "transactions":
        exact, charged = oracle.transactions(case)
        return {"exact": text(exact), "amount": cents(exact), "charged": text(charged)}
    quantity, exact = oracle.event(case)
    return {"quantity": text(quantity), "exact": text(exact)}


def cents(exact: Fraction) -> str:
    return text(oracle.half_up(exact))


def text(value: Fraction | int) -> str:
    """Write a fraction whose decimals end."""
    scaled = Fraction(value) * 10**12
    assert scaled.denominator == 1
    whole, rest = divmod(abs(int(scaled)), 10**12)
    written = f"{whole}.{rest:012}".rstrip("0").rstrip(".")
    return written if scaled >= 0 or written == "0" else f"-{written}"


def main() -> None:
    """Write the file, one case a line."""
    lines = [json.dumps({**case, "answer": answered(case)}) for case in cases()]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} cases in {FILE.name}")


if __name__ == "__main__":
    main()
