"""What reads the rows of a source and what guides them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rating.models import UsageSource
from rating.queries.guides import Guides
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges, usage_types
from rating.rules.rows import Layout, RowReader


@dataclass(frozen=True, slots=True)
class Tools:
    """What reads rows and what guides them."""

    reader: RowReader
    guides: Guides


def make_tools(source: UsageSource, columns: list[str], received_at: datetime) -> Tools:
    """Return a reader and guides for rows of these columns."""
    reader = RowReader(
        Layout(tuple(columns)),
        source=source.code,
        zone=ZoneInfo(source.time_zone),
        types=usage_types(),
        received_at=received_at,
        late_days=source.late_days,
    )
    prices = EventPrices(on_date=received_at.date())
    return Tools(reader, Guides(charges=usage_charges(), prices=prices))
