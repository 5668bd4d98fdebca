"""DuckDB as yardstick: the same rows read out of PostgreSQL, computed, and results written back.

It keeps no keys, guards or history: its results go into a bare table. Calls are priced by the
band in which they begin, whole; ours are cut where the next band begins.
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
from django.conf import settings
from django.db import connection

BLOCK = 1 << 18

SUMS = """
CREATE TABLE sums AS
SELECT account, charge, service, day, grp, sum(quantity) AS quantity, count(*) AS events
FROM events GROUP BY ALL;
CREATE TABLE results AS
SELECT account, grp, quantity, round(
    0.10 * least(quantity, 100) + 0.05 * greatest(least(quantity, 1000) - 100, 0)
    + 0.02 * greatest(quantity - 1000, 0), 2) AS amount
FROM (SELECT account, grp, sum(quantity) AS quantity FROM sums GROUP BY ALL)
"""

CALLS = """
CREATE TABLE heads AS
SELECT head, arg_max(zone, length(prefix)) AS zone
FROM (SELECT DISTINCT called[2:7] AS head FROM events) JOIN prefixes ON starts_with(head, prefix)
GROUP BY head;
CREATE TABLE results AS
SELECT id, round(0.05 + seconds * coalesce(0.001 * (1 + zone) * factor, 0.05), 4) AS amount
FROM (
    SELECT
        id, CAST(zone[2:] AS DECIMAL(4)) AS zone,
        CASE WHEN quantity <= 60 THEN 60 ELSE 60 + ((quantity - 60 + 5) // 6) * 6 END AS seconds,
        CASE WHEN hour(begun) >= 8 AND hour(begun) < 20 AND isodow(begun) < 6 THEN 4
            WHEN hour(begun) >= 22 OR hour(begun) < 6 THEN 1 ELSE 2 END AS factor
    FROM events LEFT JOIN heads ON head = called[2:7]
)
"""


def duck_sums() -> float:
    """Add up data and price it in tiers; return the seconds from stored rows to stored results."""
    began = time.perf_counter()
    base = _read(
        "SELECT account_id, subscription_charge_id, service_id, on_date, attribute_key,"
        " billable_quantity FROM rating_usageevent",
        "account BIGINT, charge BIGINT, service BIGINT, day DATE, grp VARCHAR,"
        " quantity DECIMAL(24, 8)",
    )
    base.execute(SUMS)
    _write(base, "SELECT * FROM sums", "a bigint, c bigint, s bigint, d date, g text, q numeric,"
           " n bigint")  # fmt: skip
    _write(base, "SELECT * FROM results", "account bigint, grp text, q numeric, amount numeric")
    return time.perf_counter() - began


def duck_calls() -> float:
    """Price calls by zone, band and increment; return the seconds, stored to stored."""
    began = time.perf_counter()
    base = _read(
        "SELECT id, event_start AT TIME ZONE 'Europe/Berlin', attributes ->> 'called',"
        " quantity::int FROM rating_usageevent",
        "id BIGINT, begun TIMESTAMP, called VARCHAR, quantity INTEGER",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT prefix, zone FROM catalog_zoneprefix")
        base.execute("CREATE TABLE prefixes (prefix VARCHAR, zone VARCHAR)")
        prefixes, zones = zip(*cursor.fetchall(), strict=True)
        base.execute(
            "INSERT INTO prefixes SELECT unnest(?), unnest(?)", [list(prefixes), list(zones)]
        )
    base.execute(CALLS)
    _write(base, "SELECT * FROM results", "id bigint, amount numeric")
    return time.perf_counter() - began


def _read(query: str, columns: str) -> duckdb.DuckDBPyConnection:
    """Return a base with the rows of a query in its table `events`."""
    path = Path(settings.VAR_DIR) / "events.csv"
    with (
        connection.cursor() as cursor,
        path.open("wb") as out,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as rows,
    ):
        for row in rows:
            out.write(row)
    base = duckdb.connect()
    base.execute("SET threads = 2")
    base.execute(f"CREATE TABLE events ({columns})")
    base.execute(f"COPY events FROM '{path}' (FORMAT csv, HEADER false)")
    path.unlink()
    return base


def _write(base: duckdb.DuckDBPyConnection, query: str, columns: str) -> None:
    """Write the rows of a query into a bare table of PostgreSQL."""
    path = Path(settings.VAR_DIR) / "results.csv"
    base.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER false)")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS duck; CREATE TABLE duck ({columns})")
        with path.open("rb") as ready, cursor.copy("COPY duck FROM STDIN (FORMAT csv)") as into:
            while block := ready.read(BLOCK):
                into.write(block)
    path.unlink()
