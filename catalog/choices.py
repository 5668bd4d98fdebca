"""The enumerations of the catalogue."""

from django.db.models import TextChoices


class Dimension(TextChoices):
    """What a unit of measure measures."""

    COUNT = "COUNT", "Count"
    TIME = "TIME", "Time"
    DATA = "DATA", "Data"
    ENERGY = "ENERGY", "Energy"
    MONEY = "MONEY", "Money"
    OTHER = "OTHER", "Other"


class TimeAttribute(TextChoices):
    """Which end of an event decides its date (PER-4)."""

    START = "START", "Start"
    END = "END", "End"


class AggregateRule(TextChoices):
    """How events of a period become one quantity (UNIT-3, UNIT-4, UNIT-9)."""

    SUM = "SUM", "Sum"
    COUNT = "COUNT", "Number of events"
    MAX = "MAX", "Greatest"
    LAST = "LAST", "Last"
    UNIQUE = "UNIQUE", "Distinct"
    UNIQUE_DAYS = "UNIQUE_DAYS", "Distinct, by the days they were active"
    AVERAGE = "AVERAGE", "Mean of the events"
    TIME_WEIGHTED = "TIME_WEIGHTED", "Mean over time"
    P95 = "P95", "95th percentile"
    BUCKET_MAX = "BUCKET_MAX", "Greatest of each hour or day, added up"


class Bucket(TextChoices):
    """Over what the greatest value is taken before it is added up (UNIT-9)."""

    HOUR = "HOUR", "Hour"
    DAY = "DAY", "Day"


class QuantityMode(TextChoices):
    """How an aggregate is rounded (UNIT-7)."""

    HALF_UP = "ROUND_HALF_UP", "Half up"
    UP = "ROUND_UP", "Up"
    DOWN = "ROUND_DOWN", "Down"


class ProductType(TextChoices):
    """What kind of thing a product is."""

    SERVICE = "SERVICE", "Service"
    EQUIPMENT = "EQUIPMENT", "Equipment"
    USAGE = "USAGE", "Usage"
    FEE = "FEE", "Fee"
    DEPOSIT = "DEPOSIT", "Deposit"
    TOPUP = "TOPUP", "Top-up"


class RevenuePattern(TextChoices):
    """How revenue of a product is recognised."""

    RATABLE_DAILY = "RATABLE_DAILY", "Ratable by day"
    RATABLE_MONTHLY = "RATABLE_MONTHLY", "Ratable by month"
    ON_USAGE = "ON_USAGE", "On usage"
    POINT_IN_TIME = "POINT_IN_TIME", "At a point in time"
    MILESTONE = "MILESTONE", "By milestone"
    PREPAID_DRAWDOWN = "PREPAID_DRAWDOWN", "As prepaid is used"
    MATERIAL_RIGHT = "MATERIAL_RIGHT", "Material right"
    NON_REVENUE = "NON_REVENUE", "Not revenue"


class VersionState(TextChoices):
    """The life of an offer version and of a price version."""

    DRAFT = "DRAFT", "Draft"
    IN_REVIEW = "IN_REVIEW", "In review"
    APPROVED = "APPROVED", "Approved"
    PUBLISHED = "PUBLISHED", "Published"
    RETIRED = "RETIRED", "Retired"
    OBSOLETE = "OBSOLETE", "Obsolete"


class SuspensionPolicy(TextChoices):
    """What a suspension does to charges (PRO-4)."""

    CONTINUE = "CONTINUE", "Charge on"
    STOP = "STOP", "Stop charging"
    REDUCE = "REDUCE", "Charge the suspension price"


class ChargeKind(TextChoices):
    """When a charge arises."""

    RECURRING = "RECURRING", "Recurring"
    USAGE = "USAGE", "Usage"
    ONE_TIME = "ONE_TIME", "One-time"


class Timing(TextChoices):
    """On which side of its period a charge is billed."""

    ADVANCE = "ADVANCE", "In advance"
    ARREARS = "ARREARS", "In arrears"
    THRESHOLD = "THRESHOLD", "In arrears, at once above a limit"


class PeriodUnit(TextChoices):
    """The step of a charge period (PER-2)."""

    DAY = "DAY", "Day"
    WEEK = "WEEK", "Week"
    MONTH = "MONTH", "Month"
    YEAR = "YEAR", "Year"


class Alignment(TextChoices):
    """What charge periods are aligned with (PER-6)."""

    CYCLE = "CYCLE", "Bill cycle"
    ANNIVERSARY = "ANNIVERSARY", "Anniversary"
    CALENDAR = "CALENDAR", "Calendar"
    TERM = "TERM", "Term"


class Trigger(TextChoices):
    """Which date starts a charge (CHG-7)."""

    EFFECTIVE = "EFFECTIVE", "Effective date"
    ACTIVATION = "ACTIVATION", "Activation"
    ACCEPTANCE = "ACCEPTANCE", "Acceptance"
    DATE = "DATE", "Agreed date"
    END = "END", "End within the minimum term"


class ProrationConvention(TextChoices):
    """How a part of a period is counted (PRO)."""

    ACTUAL_DAYS = "ACTUAL_DAYS", "Actual days"
    FIXED_30 = "FIXED_30", "Days of a 30-day month"
    THIRTY_360 = "THIRTY_360", "30/360"
    MONTHS_PLUS_DAYS = "MONTHS_PLUS_DAYS", "Months plus days"
    ACTUAL_365 = "ACTUAL_365", "Actual/365"
    SECONDS = "SECONDS", "Seconds"
    FULL_IF_ANY = "FULL_IF_ANY", "Whole if any"
    ONLY_IF_FULL = "ONLY_IF_FULL", "Only if whole"


class Granularity(TextChoices):
    """How exactly the moment of an order is kept (PRO-5)."""

    DAY = "DAY", "Day"
    SECOND = "SECOND", "Second"


class InPolicy(TextChoices):
    """The first, partial period (PRO-2)."""

    PRORATE = "PRORATE", "Prorate"
    FULL = "FULL", "Charge whole"
    FREE = "FREE", "Free"
    MERGE = "MERGE", "Prorate, billed with the first whole period"


class OutPolicy(TextChoices):
    """The last, partial period (PRO-2)."""

    PRORATE = "PRORATE", "Credit the unused part"
    KEEP = "KEEP", "Keep"
    FREE = "FREE", "Free"
    MERGE = "MERGE", "Prorate, billed with the last whole period"


class ChangePolicy(TextChoices):
    """A change inside a period (PRO-2)."""

    PRORATE = "PRORATE", "Prorate"
    NEXT_PERIOD = "NEXT_PERIOD", "From the next period"


class ChangeDay(TextChoices):
    """Whose the day of a change inside a period is (PRO-5)."""

    NEW = "NEW", "The new state's"
    OLD = "OLD", "The old state's"
    BOTH = "BOTH", "Charged for both"


class EndDay(TextChoices):
    """Whether the day on which an end was told, as an instant, is billed (PRO-5)."""

    LAST_DAY_BILLED = "LAST_DAY_BILLED", "Billed"
    NOT_BILLED = "NOT_BILLED", "Not billed"


class LongAnchor(TextChoices):
    """Where a charge longer than the bill cycle is pinned (PER-6)."""

    NEXT_CYCLE_DATE = "NEXT_CYCLE_DATE", "The next cycle day"
    WHOLE_STEP = "WHOLE_STEP", "Whole charge periods from the cycle day"


class BilledThrough(TextChoices):
    """How far a charge in arrears is billed (PER-8)."""

    PERIOD_END = "PERIOD_END", "The last period that has ended"
    RUN_DATE = "RUN_DATE", "The day of the run"


class PriceModel(TextChoices):
    """How a quantity becomes an amount (TIER-2)."""

    FLAT = "FLAT", "Flat"
    PER_UNIT = "PER_UNIT", "Per unit"
    GRADUATED = "GRADUATED", "Graduated"
    VOLUME = "VOLUME", "Volume"
    STAIRSTEP = "STAIRSTEP", "Stairstep"
    PACKAGE = "PACKAGE", "Package"
    OVERAGE = "OVERAGE", "Overage"
    PERCENT = "PERCENT", "Percent"
    GRADUATED_PERCENT = "GRADUATED_PERCENT", "Graduated percent"
    DYNAMIC = "DYNAMIC", "Cost plus a markup"
    MATRIX = "MATRIX", "Matrix by attributes"
    SLOTS = "SLOTS", "Rate slots of one event"
    PER_DAY = "PER_DAY", "Per day"
    P95_BURST = "P95_BURST", "95th percentile above a commit"
    HIGH_WATER = "HIGH_WATER", "Highest level"


EVENT_MODELS = ("FLAT", "PER_UNIT", "PERCENT", "DYNAMIC", "MATRIX", "SLOTS")
"""Models by which an event can be rounded by itself: its price does not depend on others."""


class UsageRounding(TextChoices):
    """What is rounded first (UNIT-2)."""

    LINE = "LINE", "The line"
    EVENT = "EVENT", "Each event"


class EventMode(TextChoices):
    """How an event is rounded (UNIT-2)."""

    HALF_UP = "ROUND_HALF_UP", "Half up"
    UP = "ROUND_UP", "Up"
    DOWN = "ROUND_DOWN", "Down"
    HALF_EVEN = "ROUND_HALF_EVEN", "Half even"


class CounterScope(TextChoices):
    """Whose quantities share one tier counter (TIER-3)."""

    SERVICE = "SERVICE", "Service"
    SUBSCRIPTION = "SUBSCRIPTION", "Subscription"
    ACCOUNT = "ACCOUNT", "Account"
    PAYER = "PAYER", "Payer"


class TierReset(TextChoices):
    """When a tier counter starts again (TIER-3)."""

    PERIOD = "PERIOD", "Each period"
    CONTRACT_YEAR = "CONTRACT_YEAR", "Each contract year"
    TERM = "TERM", "Each term"
    NEVER = "NEVER", "Never"


class IncrementMode(TextChoices):
    """How a quantity beyond the first increment becomes whole increments (UNIT-1)."""

    UP = "UP", "Up"
    MIDDLE = "MIDDLE", "From the half up"
    DOWN = "DOWN", "Down"


class EntitlementScope(TextChoices):
    """Who may use what is included."""

    SERVICE = "SERVICE", "Each service by itself"
    ACCOUNT = "ACCOUNT", "All services of the account"
    POOL = "POOL", "Everybody in the pool of the service"


class Overage(TextChoices):
    """What happens once what is included is used up (ENT-3)."""

    CHARGE = "CHARGE", "Charged by the price"
    BLOCK = "BLOCK", "Not allowed"
    THROTTLE = "THROTTLE", "Allowed, slowed down"


class BundleTreatment(TextChoices):
    """What a component of a bundle costs beside the price of the bundle."""

    INCLUDED = "INCLUDED", "Included in the price of the bundle"
    DISCOUNTED = "DISCOUNTED", "At its own price, less discounts"
    LIST = "LIST", "At its own price"


class DiscountKind(TextChoices):
    """What the value of a discount is."""

    PERCENT = "PERCENT", "Percentage"
    AMOUNT = "AMOUNT", "Amount"
    FREE_UNITS = "FREE_UNITS", "Free units"
    PRICE_OVERRIDE = "PRICE_OVERRIDE", "Special price"
    VOLUME_REBATE = "VOLUME_REBATE", "Percentage by volume"


class DiscountLevel(TextChoices):
    """What a discount is taken off; the order is that of the stages (DSC-1)."""

    CHARGE = "CHARGE", "Each charge"
    OFFER = "OFFER", "The subscription"
    ACCOUNT = "ACCOUNT", "The account"
    INVOICE = "INVOICE", "The whole document"


class DiscountMethod(TextChoices):
    """What a percentage is of, beside others of its stack group (DSC-2)."""

    COMPOUND = "COMPOUND", "Of what is left"
    ADDITIVE = "ADDITIVE", "Added up with its group"


class CommitmentKind(TextChoices):
    """Which way a commitment binds."""

    MINIMUM = "MINIMUM", "Least amount"
    MAXIMUM = "MAXIMUM", "Greatest amount"


class CommitmentWindow(TextChoices):
    """Over which days a commitment is measured (COM-1)."""

    MONTH = "MONTH", "Month"
    QUARTER = "QUARTER", "Quarter"
    YEAR = "YEAR", "Year"
    TERM = "TERM", "The whole term"


class Measure(TextChoices):
    """What counts towards a commitment (COM-1)."""

    NET_CHARGE = "NET_CHARGE", "Charges less their discounts"
    GROSS = "GROSS", "Charges before discounts"
    NET_ALL = "NET_ALL", "Charges less discounts and amounts off documents"
