"""Let an act die at each of its boundaries, do it again, and compare the whole database.

Every death starts from the same rows, so what an act and its recovery leave behind is compared,
row by row and table by table, with what an act leaves behind that nothing happened to.
"""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from foundation.copying import copy_lines, copy_text
from foundation.errors import Refusal
from tests.attacks import raw, rows
from tests.concurrency.street import Boundaries, in_a_process, outcome

PATIENCE: Final = 20.0
TABLES: Final = """
    select t.oid::regclass::text, array_agg(a.attname::text order by a.attnum),
        array_agg(a.attname::text order by a.attnum) filter (where a.atttypid <> 'uuid'::regtype
            and a.attname !~ '(^id|_id|_at|_hash|stamp|snapshot|^payload|^path|^totals|^version)$')
    from pg_class t
    join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = ''
    where t.relkind in ('r', 'p') and not t.relispartition
      and t.relnamespace = 'public'::regnamespace
    group by t.oid
"""
"""Tables, what is kept of them, and what two that were made by the same act agree in."""
BESIDE_THE_POINT: Final = re.compile(
    "django_|auth_|audit_(jobrun|change|seal|idempotencykey)|.*chunk"
)
"""Who changed what at which attempt: a death and a recovery change that by right."""
PARTITIONS: Final = "select oid::regclass::text from pg_class where relispartition and relkind='r'"
SEQUENCES: Final = (
    "select quote_ident(sequencename), coalesce(last_value, start_value), last_value is not null "
    "from pg_sequences where schemaname = 'public'"
)
ALWAYS: Final = (
    "select tgrelid::regclass::text, quote_ident(tgname) from pg_trigger "
    "where tgenabled = 'A' and tgparentid = 0"
)
Books = dict[str, Counter[str]]


def books(mask: str = "") -> Books:
    """Return the rows of every table without ids and moments; `mask` hides more of their text."""
    found = {}
    with connection.cursor() as cursor:
        for table, _, columns in rows(TABLES):
            if columns and not BESIDE_THE_POINT.match(table):
                lines = copy_lines(cursor, f"select {_listed(columns)} from {table}")
                found[table] = Counter(re.sub(mask, "#", one) if mask else one for one in lines)
    return found


class Kept:
    """The rows as they stand now, to begin again from."""

    def __init__(self) -> None:
        self.tables = {table: columns for table, columns, _ in rows(TABLES)}
        self.partitions = {name for (name,) in rows(PARTITIONS)}
        self.sequences, self.guards = rows(SEQUENCES), rows(ALWAYS)
        self.content = {table: self.read(table) for table in self.tables}

    def read(self, table: str) -> list[str]:
        with connection.cursor() as cursor:
            return copy_lines(cursor, f"select {_listed(self.tables[table])} from {table}")

    def restore(self) -> None:
        """Begin again; whoever still lives from the last time is cut off."""
        raw(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            for (name,) in rows(PARTITIONS):
                if name not in self.partitions:
                    cursor.execute(f"drop table {name}")
            changed = [name for name in self.tables if self.content[name] != self.read(name)]
            for table, guard in self.guards:
                if table in changed:
                    cursor.execute(f"alter table {table} disable trigger {guard}")
            for table in changed:
                cursor.execute(f"delete from {table}")
                text = (f"{line}\n" for line in self.content[table])
                copy_text(cursor, table.strip('"'), self.tables[table], text)
            for table, guard in self.guards:
                if table in changed:
                    cursor.execute(f"alter table {table} enable always trigger {guard}")
            for sequence in self.sequences:
                cursor.execute("select setval(%s::regclass, %s, %s)", sequence)
        shutil.rmtree(Path(settings.VAR_DIR) / "usage", ignore_errors=True)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


@dataclass
class Swept:
    """What a sweep came to, and the deaths after which something was wrong.

    Where one process acts, each boundary that was tried was a death.
    """

    boundaries: int = 0
    tried: int = 0
    deaths: int = 0
    wrong: dict[int, Any] = field(default_factory=dict)


def sweep(
    act: Callable[[], Any], points: Callable[[int], Iterable[int]], *, mask: str = ""
) -> Swept:
    """Die at some boundaries of an act, repeat it each time, and compare the books.

    `act` may be repeated: it recognises what is done already. `points` chooses among as many
    boundaries as there are. Where an act works in several processes, the boundaries of all are
    counted together and the one that comes to the last dies alone: the others go on, and whoever
    repeats the act meets them.
    """
    world, swept = Kept(), Swept()
    with Boundaries():  # the first time a process also reads what it reads only once
        act()
    world.restore()
    with Boundaries() as calm:
        act()
    expected, swept.boundaries = books(mask), calm.count
    for last in points(calm.count):
        swept.tried += 1
        world.restore()
        deadly = Boundaries(last)
        outcome(in_a_process(partial(_live, deadly, act)))
        swept.deaths += deadly.count >= last
        try:
            until_done(act)
        except Exception as error:  # noqa: BLE001  (whatever stops it for good is told)
            swept.wrong[last] = repr(error)
            continue
        if (found := books(mask)) != expected:
            swept.wrong[last] = _differing(expected, found)
    return swept


def _live(boundaries: Boundaries, act: Callable[[], Any]) -> None:
    with boundaries:
        act()


def until_done(act: Callable[[], Any]) -> None:
    """Do an act again until nobody stands in its way, as an operator would."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            act()
        except Refusal:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def _differing(expected: Books, found: Books) -> dict[str, tuple[Any, Any]]:
    """Return, for each table that differs, the rows lost and the rows too many."""
    return {
        table: (dict(lines - found[table]), dict(found[table] - lines))
        for table, lines in expected.items()
        if lines != found[table]
    }
