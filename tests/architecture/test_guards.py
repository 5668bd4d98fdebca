"""Guards that many tables share, each attacked by raw SQL on every table that must have it.

What must be guarded is taken from the models and from docs/invariants.md, never from the guards
themselves: one that is gone is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction

from foundation.fields import IsMoney, IsNumber
from foundation.stamped import Stamped
from tests.architecture import catalogs
from tests.architecture.house import ROOMS
from tests.attacks import copied, key_of, raw, refused_by, rows, stripped

pytestmark = pytest.mark.django_db

# Bits of pg_trigger.tgtype.
ROW, BEFORE, INSERT, DELETE, UPDATE, TRUNCATE = 1, 2, 4, 8, 16, 32
MODES = ("origin", "replica")
ON_TRUNCATE = """
    select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid
    where not tgisinternal and tgtype::int & %s > 0 and not relispartition
"""
# Guards against TRUNCATE that have a name of their own.
KEPT = {
    "payments_payment": "payments_payment_kept",
    "payments_unidentifiedreceipt": "payments_receipt_kept",
    "rating_usagekey": "rating_usagekey_kept",
    "receivables_openitem": "receivables_openitem_kept",
}


def our_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.partition(".")[0] in ROOMS and model._meta.managed:
            yield model


def guarded_as(ending: str, function: str, events: int) -> None:
    """Require the guards of an ending to be of one form, and ENABLE ALWAYS."""
    expected = {"function": function, "mode": "A", "events": events}
    found = catalogs.triggers_named(ending)
    assert {table for table, guard in found.items() if guard != expected} == set()


def test_every_table_that_only_grows_refuses_update_and_deletion_in_any_session() -> None:
    tables = catalogs.tables_on_the_page("append_only")
    assert "ledger_journalline" in tables
    guarded_as("append_only", "refuse_change", ROW | BEFORE | UPDATE | DELETE)
    for table in sorted(tables):
        with stripped(table, keeping=f"{table}_append_only"):
            key = key_of(table)
            raw(f"insert into {table} ({key}) values (-7)")
            for mode in MODES:
                raw(f"set local session_replication_role = {mode}")
                for attack in (f"update {table} set {key} = {key}", f"delete from {table}"):
                    assert refused_by(attack) == f"{table}_is_append_only"


def test_every_table_that_must_not_be_emptied_refuses_truncate_in_any_session() -> None:
    tables = {
        table: f"{table}_no_truncate" for table in catalogs.tables_on_the_page("no_truncate")
    }
    tables |= KEPT
    assert set(catalogs.triggers_named("append_only")) <= tables.keys()
    assert {name for (name,) in rows(ON_TRUNCATE, TRUNCATE)} <= set(tables.values())
    emptied = []
    for table, guard in sorted(tables.items()):
        for mode in MODES:
            with stripped(table, keeping=guard):
                raw(f"set local session_replication_role = {mode}")
                try:
                    with transaction.atomic():
                        raw(f"truncate {table}")
                except DatabaseError:
                    continue
                emptied.append(f"{table} as {mode}")
    assert not emptied


def test_every_change_of_a_table_with_history_is_recorded_in_any_session() -> None:
    """Every stamped table has a history, and every other one that the page names."""
    tables = catalogs.tables_on_the_page("history") | {
        model._meta.db_table for model in our_models() if issubclass(model, Stamped)
    }
    tables -= catalogs.tables_on_the_page("append_only")
    assert set(catalogs.triggers_named("history")) <= tables
    guarded_as("history", "audit_record_change", ROW | INSERT | UPDATE | DELETE)
    for table in sorted(tables):
        with stripped(table, keeping=f"{table}_history"):
            key = key_of(table)
            for mode in MODES:
                raw(f"set local session_replication_role = {mode}")
                raw(f"insert into {table} ({key}) values ('-7')")
                raw(f"update {table} set {key} = '-8' where {key} = '-7'")
                raw(f"delete from {table} where {key} = '-8'")
            recorded = rows(
                "select count(*) from audit_change "
                "where table_name = %s and trim(row_id) in ('-7', '-8')",
                table,
            )
            assert recorded == [(6,)], table


def checks_of(kind: type[IsMoney | IsNumber]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield table, constraint and columns of the declared checks of a kind."""
    for model in our_models():
        for constraint in model._meta.constraints:
            condition = getattr(constraint, "condition", None)
            if isinstance(condition, kind):
                columns = [
                    str(model._meta.get_field(each.name).column)  # type: ignore[union-attr]
                    for each in condition.get_source_expressions()
                ]
                yield model._meta.db_table, constraint.name, columns


def test_every_amount_is_a_number_of_whole_minor_units() -> None:
    found = list(checks_of(IsMoney))
    assert len(found) > 30
    for table, guard, (amount, currency) in found:
        with copied(table, guard) as copy:
            for value in ("1.005", "'NaN'"):
                attack = f"insert into {copy} ({amount}, {currency}) values ({value}, 'EUR')"
                assert refused_by(attack) == guard


def test_every_price_quantity_and_rate_is_a_number() -> None:
    found = list(checks_of(IsNumber))
    assert len(found) > 20
    for table, guard, (column,) in found:
        with copied(table, guard) as copy:
            assert refused_by(f"insert into {copy} ({column}) values ('NaN')") == guard


def test_every_numeric_column_has_a_check_that_refuses_nan() -> None:
    """A plain comparison with NaN succeeds: that a check stands there proves nothing."""
    columns = rows(
        "select relname, attname, attnum from pg_attribute join pg_class on oid = attrelid "
        "where atttypid = 'numeric'::regtype and relkind in ('r', 'p') and not relispartition "
        "and not attisdropped"
    )
    ours = catalogs.tables_of_the_house()
    open_to_nan = []
    for table, column, number in columns:
        if table in ours:
            checks = rows(
                "select conname from pg_constraint where contype = 'c' "
                "and conrelid = %s::regclass and %s = any (conkey)",
                table, number,
            )  # fmt: skip
            if not any(refuses_nan(table, column, name) for (name,) in checks):
                open_to_nan.append(f"{table}.{column}")
    assert not open_to_nan, "\n".join(open_to_nan)


def refuses_nan(table: str, column: str, check: str) -> bool:
    """Attack one column in a row whose other numbers are ones."""
    with copied(table, check) as copy:
        others = rows(
            "select attname from pg_attribute where attrelid = %s::regclass "
            "and atttypid = 'numeric'::regtype and attname <> %s",
            copy, column,
        )  # fmt: skip
        columns = ", ".join([column, *(name for (name,) in others)])
        values = ", ".join(["'NaN'", *("1" for _ in others)])
        try:
            with transaction.atomic():
                raw(f"insert into {copy} ({columns}) values ({values})")
        except DatabaseError:
            return True
    return False


def test_every_word_of_an_enumeration_is_a_known_one() -> None:
    found = [
        (model._meta.db_table, constraint.name, model._meta.get_field(lookup[:-4]))
        for model in our_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        for lookup in lookups_of(constraint.condition)
        if lookup.endswith("__in")
    ]
    assert len(found) > 60
    for table, guard, field in found:
        column = field.column  # type: ignore[union-attr]
        unknown = "-1" if isinstance(field, models.IntegerField) else "'?'"
        with copied(table, guard) as copy:
            assert refused_by(f"insert into {copy} ({column}) values ({unknown})") == guard


def lookups_of(condition: Any) -> list[str]:
    """Return the lookups of a condition that asks only whether columns hold known words."""
    children: list[Any] = condition.children if isinstance(condition, models.Q) else [None]
    plain = all(isinstance(child, tuple) and child[0].endswith("__in") for child in children)
    return [child[0] for child in children] if plain and not condition.negated else []


SAMPLES = {
    "uuid": "8d0f6ab2-4d5c-4a0e-9d42-6a5f7b0c1d2e",
    "date": "2027-01-01",
    "timestamp with time zone": "2027-01-01",
    "boolean": "true",
    "smallint[]": "{7}",
    "time without time zone": "07:00",
}


def test_every_column_that_is_unique_by_itself_takes_a_value_once() -> None:
    found = [
        (model._meta.db_table, str(field.column))
        for model in our_models()
        for field in model._meta.local_concrete_fields
        if field.unique and not field.primary_key
    ]
    assert ("catalog_offer", "code") in found
    for table, column in found:
        takes_once(table, f"{table}_{column}_key", [column])


def test_every_combination_that_is_unique_is_taken_once() -> None:
    found = [
        (model._meta.db_table, constraint.name, constraint.fields, model)
        for model in our_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and constraint.fields
        and constraint.condition is None
    ]
    assert len(found) > 20
    for table, guard, names, model in found:
        columns = [str(model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]
        takes_once(table, guard, columns)


def takes_once(table: str, guard: str, columns: list[str]) -> None:
    """Write the same values twice into a copy that has this one guard."""
    with copied(table, guard) as copy:
        kinds = dict(
            rows(
                "select attname, atttypid::regtype::text from pg_attribute "
                "where attrelid = %s::regclass and attnum > 0",
                copy,
            )
        )
        values = ", ".join(f"'{SAMPLES.get(kinds[column], '7')}'" for column in columns)
        attack = f"insert into {copy} ({', '.join(columns)}) values ({values}), ({values})"
        assert refused_by(attack) == guard
