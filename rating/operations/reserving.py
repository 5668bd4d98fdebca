"""Hold usage for a running session: reserve, commit what was used, let the rest go (ENT-7).

The shape is that of credit control: an initial request, an update or an end (RFC 8506). A
committed reservation is the use itself: the record of the same session is not loaded as usage.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from foundation.scope import require_sight
from rating.choices import ReservationState
from rating.models import BalanceBucket, BalanceMovement, Reservation
from rating.operations.drawing import request_draws
from rating.queries.entitled import Use, beyond_of, place
from rating.rules.drawing import ZERO, draw

LONGEST: Final = timedelta(days=1)


class CannotReserve(Refusal):
    """The use belongs nowhere, or more is asked for than is left and nothing may go beyond."""

    rule = "ENT-7"


class ReservationEnded(Refusal):
    """The reservation was committed otherwise, let go, or its time is up."""

    rule = "ENT-7"


def reserve(
    *,
    use: Use,
    key: str,
    ttl: timedelta,
    as_of: datetime,
    on_date: date,
    actor: User | None = None,
) -> Reservation:
    """Hold what buckets cover of a use until it is committed, released, or `ttl` is over.

    The same key gets the same answer, whatever became of it since. `on_date` is the day as of
    which the account tree is read. Locks the key, then the buckets in the order of ids.

    Raises: Forbidden; OtherEntity; Invalid; CannotReserve.
    """
    require(actor, "rating.reserve_balance")
    if not timedelta(0) < ttl <= LONGEST:
        raise Invalid("hold it for up to a day", rule="ENT-7", column="ttl_seconds")
    if use.quantity <= 0:
        raise Invalid("reserve more than nothing", rule="ENT-7", column="quantity")
    with transaction.atomic():
        advisory_lock("reservation", key)
        known = Reservation.objects.filter(key=key).first()
        if known is not None:
            require_sight(actor, known.account)
            return _same(known, use)
        placed = place(use, on_date=on_date, lock=True)
        if isinstance(placed, str):
            raise CannotReserve(placed)
        account = Account.objects.get(pk=placed.guided.guide.account_id)
        require_sight(actor, account)
        drawn = list(draw([placed.event], placed.buckets))
        held = sum((one.quantity for one in drawn), ZERO)
        if held < placed.event.quantity and beyond_of(placed) == "BLOCK":
            raise CannotReserve(f"only {held.normalize():f} are left, and nothing beyond them")
        made = Reservation.objects.create(
            key=key,
            account=account,
            service_id=placed.guided.guide.service_id,
            usage_type=use.usage_type,
            identifier=use.identifier,
            quantity=placed.event.quantity,
            held=held,
            expires_at=as_of + ttl,
        )
        BalanceMovement.objects.bulk_create(
            BalanceMovement(
                bucket_id=one.bucket_id, kind="RESERVE", delta=-one.quantity, reservation=made
            )
            for one in drawn
        )
    return made


def _same(known: Reservation, use: Use) -> Reservation:
    if (known.usage_type, known.identifier) != (use.usage_type, use.identifier):
        raise Invalid("this key was used for another reservation", rule="ENT-7", column="key")
    return known


def commit(
    *, reservation_id: int, used: Decimal, as_of: datetime, actor: User | None = None
) -> Reservation:
    """Consume what was used of a reservation and let the rest go; again gives the same answer.

    What was used beyond what is held is charged elsewhere; it is at most what was asked for.

    Raises: Forbidden; Invalid; ReservationEnded.
    """
    require(actor, "rating.reserve_balance")
    with transaction.atomic():
        row = _locked(reservation_id)
        if row.state == ReservationState.COMMITTED and row.used == used:
            return row
        if row.state != ReservationState.HELD or row.expires_at <= as_of:
            raise ReservationEnded("the reservation has ended")
        if not 0 <= used <= row.quantity:
            raise Invalid("commit at most what was reserved", rule="ENT-7", column="used")
        _end(row, ReservationState.COMMITTED, as_of, used)
    return row


def release(*, reservation_id: int, as_of: datetime, actor: User | None = None) -> Reservation:
    """Let all of a reservation go; again gives the same answer.

    Raises: Forbidden; ReservationEnded when it was committed.
    """
    require(actor, "rating.reserve_balance")
    with transaction.atomic():
        row = _locked(reservation_id)
        if row.state == ReservationState.COMMITTED:
            raise ReservationEnded("the reservation was committed")
        if row.state == ReservationState.HELD:
            _end(row, ReservationState.RELEASED, as_of)
    return row


def expire_reservations(*, as_of: datetime) -> int:
    """Let go what was not committed in time; return how many reservations."""
    due = Reservation.objects.filter(state=ReservationState.HELD, expires_at__lte=as_of)
    count = 0
    for key in due.order_by("expires_at").values_list("pk", flat=True)[:10_000]:
        with transaction.atomic():
            row = _locked(key)
            if row.state == ReservationState.HELD:
                _end(row, ReservationState.EXPIRED, as_of)
                count += 1
    return count


def _locked(reservation_id: int) -> Reservation:
    row = Reservation.objects.select_for_update().filter(pk=reservation_id).first()
    if row is None:
        raise Invalid("there is no such reservation", rule="UNKNOWN")
    return row


def _end(row: Reservation, state: str, as_of: datetime, used: Decimal | None = None) -> None:
    """Write what was used, give the rest back; what goes back to a closed bucket expires."""
    parts: dict[int, Decimal] = defaultdict(Decimal)
    for bucket, delta in row.movements.order_by("id").values_list("bucket_id", "delta"):
        parts[bucket] -= delta
    buckets = {
        one.pk: one
        for one in BalanceBucket.objects.select_for_update(no_key=True)
        .filter(pk__in=parts)
        .order_by("pk")
    }
    left, movements = used or ZERO, []
    for bucket, held in parts.items():
        part = min(left, held)
        left -= part
        movements.append(("RELEASE", bucket, held))
        if part:
            movements.append(("CONSUME", bucket, -part))
        if held > part and buckets[bucket].closed_at is not None:
            movements.append(("EXPIRE", bucket, part - held))
    BalanceMovement.objects.bulk_create(
        BalanceMovement(bucket_id=bucket, kind=kind, delta=delta, reservation=row)
        for kind, bucket, delta in movements
    )
    row.state, row.ended_at, row.used = state, as_of, used
    row.save()
    empty = [one for one in buckets.values() if not one.remaining and one.closed_at is None]
    if empty and (used or ZERO) < row.held:  # usage that found it empty may draw now
        request_draws({row.account_id: min(one.valid.lower for one in empty)})
