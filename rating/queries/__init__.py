"""Reads of usage: who owns it, what it sums to, what waits, whether it balances."""

from rating.queries.balances import MOST_MOVEMENTS, alerts, balances, covers_of, movements
from rating.queries.entitled import Entitled, Use, check
from rating.queries.identities import INTEGRITY
from rating.queries.money import is_money_held, payments_of, purses
from rating.queries.pooling import (
    MOST_MONTHS,
    MOST_SHARES,
    members_of,
    months_of,
    pools,
    pools_of,
    shares_behind,
    shares_of,
)
from rating.queries.provisional import RatedUsage, final_rating, provisional
from rating.queries.rerates import largest_changes
from rating.queries.spending import caps, spent_under_caps
from rating.queries.suspense import (
    AGES,
    NOBODY,
    SuspenseGroup,
    file_fate,
    file_problems,
    rows_of_write_off,
    suspense,
    suspense_groups,
    suspense_worth,
    unvalued_count,
)
from rating.queries.trying import MOST_TRIED, Tried, explain_event, try_events
from rating.queries.usage import (
    USAGE_COLUMNS,
    Arrived,
    DayUsage,
    account_usage,
    copy_usage,
    events,
    holders_of,
    late_arrivals,
    loaded_on,
    missing_numbers,
)

__all__ = [
    "AGES",
    "INTEGRITY",
    "MOST_MONTHS",
    "MOST_MOVEMENTS",
    "MOST_SHARES",
    "MOST_TRIED",
    "NOBODY",
    "USAGE_COLUMNS",
    "Arrived",
    "DayUsage",
    "Entitled",
    "RatedUsage",
    "SuspenseGroup",
    "Tried",
    "Use",
    "account_usage",
    "alerts",
    "balances",
    "caps",
    "check",
    "copy_usage",
    "covers_of",
    "events",
    "explain_event",
    "file_fate",
    "file_problems",
    "final_rating",
    "holders_of",
    "is_money_held",
    "largest_changes",
    "late_arrivals",
    "loaded_on",
    "members_of",
    "missing_numbers",
    "months_of",
    "movements",
    "payments_of",
    "pools",
    "pools_of",
    "provisional",
    "purses",
    "rows_of_write_off",
    "shares_behind",
    "shares_of",
    "spent_under_caps",
    "suspense",
    "suspense_groups",
    "suspense_worth",
    "try_events",
    "unvalued_count",
]
