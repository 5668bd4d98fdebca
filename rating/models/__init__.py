"""Usage: sources, files, events, duplicate keys, sums, suspense, balances, reratings."""

from rating.models.aggregate import UsageAggregate
from rating.models.balance import BalanceBucket, BalanceMovement, PendingDraw
from rating.models.cap import SpendCap
from rating.models.derived import DerivedRating, PendingDerivation, RatingAgreement
from rating.models.event import RatedUsage, Usage, UsageEvent, UsageKey
from rating.models.file import UsageFile, UsageFilePart
from rating.models.pool import PoolMember, PoolShare, RatingPool
from rating.models.rerate import RerateChange, RerateJob
from rating.models.reservation import Reservation
from rating.models.source import UsageSource
from rating.models.suspense import SuspenseItem
from rating.models.threshold import ThresholdAlert
from rating.models.top_up import TopUpRequest, TopUpRule
from rating.models.write_off import SuspenseWriteOff

__all__ = [
    "BalanceBucket",
    "BalanceMovement",
    "DerivedRating",
    "PendingDerivation",
    "PendingDraw",
    "PoolMember",
    "PoolShare",
    "RatedUsage",
    "RatingAgreement",
    "RatingPool",
    "RerateChange",
    "RerateJob",
    "Reservation",
    "SpendCap",
    "SuspenseItem",
    "SuspenseWriteOff",
    "ThresholdAlert",
    "TopUpRequest",
    "TopUpRule",
    "Usage",
    "UsageAggregate",
    "UsageEvent",
    "UsageFile",
    "UsageFilePart",
    "UsageKey",
    "UsageSource",
]
