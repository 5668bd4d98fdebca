"""The classes that lie in how, when and by whom files are sent, and in rows taken together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from rating.operations import receiving
from tests.doors.file_kinds import Kind, Row, Table, Verdict, World, as_csv

Sending = Callable[[Kind, World, pytest.MonkeyPatch, Path], Verdict | None]
CHANGES: Final[dict[str, Row]] = {
    "usage": {"quantity": "2"},
    "prices": {"unit_price": "0.03"},
    "customers": {"legal_name": "Other"},
    "accounts": {"name": "Other"},
    "orders": {"quantity": "2"},
    "payments": {"amount": "11.00"},
}


def sound(kind: Kind, *more: Row) -> Table:
    """Return the sound file, with copies of its middle row that differ in `more`."""
    table = kind.table()
    names = table[0]
    row = dict(zip(names, table[2], strict=True))
    copies = [[{**row, **change}[name] for name in names] for change in more]
    return [*table[:3], *copies, table[3]]


def twice(name: str, change: Callable[[bytes], bytes] = bytes) -> Sending:
    """Send the sound file, then its content again under a name, perhaps changed."""

    def send(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict:
        content = as_csv(kind.table())
        assert kind.send(world, content, "a.csv").taken == 3
        return kind.send(world, change(content), name)

    return send


def key_again(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict:
    assert kind.send(world, as_csv(kind.table()), "a.csv").taken == 3
    return kind.send(world, as_csv(kind.table(CHANGES[kind.name])), "b.csv")


def row_twice(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict:
    return kind.send(world, as_csv(sound(kind, {})), "a.csv")


def key_twice(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict:
    return kind.send(world, as_csv(sound(kind, CHANGES[kind.name])), "a.csv")


def others(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict | None:
    """Name, as somebody who works for one entity, an account of another one."""
    changes: dict[str, Row] = {
        "customers": {"number": "C-9"},
        "accounts": {"number": "A-9", "customer": "C-9", "entity": "US", "name": "Taken over"},
        "orders": {"account": "A-9"},
        "payments": {"payer": "A-9"},
    }
    if kind.name not in changes:
        return None
    return kind.send(world, as_csv(kind.table(changes[kind.name])), "a.csv", actor=world.limited)


def below_others(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict | None:
    """Open, as somebody who works for one entity, an account below one of another."""
    if kind.name != "accounts":
        return None
    change = {"parent": "A-9", "entity": "", "cycle_code": ""}
    return kind.send(world, as_csv(kind.table(change)), "a.csv", actor=world.limited)


def still_written(
    kind: Kind, world: World, patch: pytest.MonkeyPatch, folder: Path
) -> Verdict | None:
    """Send a file from disk to which somebody appends while it is read."""
    if kind.name != "usage":
        return None
    path = folder / "growing.csv"
    path.write_bytes(as_csv(kind.table()))
    read = receiving._deal_rows

    def append(*args: object) -> None:
        read(*args)  # type: ignore[arg-type]
        with path.open("ab") as stream:
            stream.write(b"torn")

    patch.setattr(receiving, "_deal_rows", append)
    return kind.send(world, path, "growing.csv")


def tiers(*rows: tuple[str, str]) -> Sending:
    """Send a price of tiers, given by number and upper end, between two sound prices."""

    def send(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict | None:
        if kind.name != "prices":
            return None
        row = {"charge": "TIERS/1/TIERED", "model": "GRADUATED"}
        return kind.send(
            world,
            as_csv(kind.table(*({**row, "segment": "T", "tier_seq": seq, "tier_upper": upper}
                                for seq, upper in rows))),
            "a.csv",
        )  # fmt: skip

    return send


def one_bad_of_several(
    kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path
) -> Verdict | None:
    """Send rows that belong together, of which one cannot be read."""
    rows: dict[str, tuple[Row, Row]] = {
        "prices": (
            {"charge": "TIERS/1/TIERED", "model": "GRADUATED", "segment": "T", "tier_seq": "1",
             "tier_upper": ""},
            {"charge": "TIERS/1/TIERED", "model": "GRADUATED", "segment": "T", "tier_seq": "2",
             "unit_price": "x"},
        ),
        "orders": ({"order": "M0"}, {"order": "M0", "quantity": "x"}),
    }  # fmt: skip
    if kind.name not in rows:
        return None
    return kind.send(world, as_csv(kind.table(*rows[kind.name])), "a.csv")


def overlapping(kind: Kind, world: World, _: pytest.MonkeyPatch, __: Path) -> Verdict | None:
    if kind.name != "prices":
        return None
    first = {"segment": "T", "valid_from": "2027-07-01", "valid_to": "2027-09-01"}
    second = {"segment": "T", "valid_from": "2027-08-01"}
    return kind.send(world, as_csv(kind.table(first, second)), "a.csv")


SENDINGS: Final[dict[str, dict[str, Sending]]] = {
    "Sent again": {
        "same file twice": twice("a.csv"),
        "same file under another name": twice("b.csv"),
        "same rows in another file": twice("b.csv", lambda content: content + b"\n"),
        "same key with other content in another file": key_again,
        "same row twice in a file": row_twice,
        "same key with other content in a file": key_twice,
        "file that is still written to": still_written,
    },
    "Of another legal entity": {
        "an account of an entity that the sender does not work for": others,
        "a parent of an entity that the sender does not work for": below_others,
    },
    "Rows that do not fit together": {
        "one bad row of several that belong together": one_bad_of_several,
        "overlapping periods": overlapping,
        "a tier that ends below the one before": tiers(("1", "100"), ("2", "50"), ("3", "")),
        "a tier of no width": tiers(("1", "100"), ("2", "100"), ("3", "")),
        "a negative end of a tier": tiers(("1", "-1"), ("2", "")),
        "a gap in the tiers": tiers(("1", "100"), ("3", "")),
        "no last tier": tiers(("1", "100"), ("2", "200")),
        "an open tier before the last": tiers(("1", ""), ("2", "")),
        "the same tier twice": tiers(("1", "100"), ("1", "")),
    },
}
