"""Reads of usage: who owns it, what it sums to, what waits, whether it balances."""

from rating.queries.balances import MOST_MOVEMENTS, alerts, balances, covers_of, movements
from rating.queries.deriving import (
    Margin,
    agreements,
    derivable_charges,
    derived_of,
    derived_ratings,
    margins,
    said_by,
    usage_charges_listed,
)
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
from rating.queries.provisional import (
    RatedUsage,
    provisional,
    provisional_by_account,
)
from rating.queries.rerates import accounts_numbered, largest_changes
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
from rating.queries.top_ups import due_top_ups, top_up_rules, top_up_standings, top_ups
from rating.queries.trying import MOST_TRIED, Tried, explain_event, try_events
from rating.queries.usage import (
    Arrived,
    Gap,
    events,
    holders_of,
    late_arrivals,
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
    "Arrived",
    "Entitled",
    "Gap",
    "Margin",
    "RatedUsage",
    "SuspenseGroup",
    "Tried",
    "Use",
    "accounts_numbered",
    "agreements",
    "alerts",
    "balances",
    "caps",
    "check",
    "covers_of",
    "derivable_charges",
    "derived_of",
    "derived_ratings",
    "due_top_ups",
    "events",
    "explain_event",
    "file_fate",
    "file_problems",
    "holders_of",
    "is_money_held",
    "largest_changes",
    "late_arrivals",
    "margins",
    "members_of",
    "missing_numbers",
    "months_of",
    "movements",
    "payments_of",
    "pools",
    "pools_of",
    "provisional",
    "provisional_by_account",
    "purses",
    "rows_of_write_off",
    "said_by",
    "shares_behind",
    "shares_of",
    "spent_under_caps",
    "suspense",
    "suspense_groups",
    "suspense_worth",
    "top_up_rules",
    "top_up_standings",
    "top_ups",
    "try_events",
    "unvalued_count",
    "usage_charges_listed",
]
