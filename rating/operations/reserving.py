"""Hold usage for a running session: reserve, commit what was used, let the rest go (ENT-7).

The shape is that of credit control: an initial request, an update or an end (RFC 8506). A session
counts once: either its commit carries its record, which becomes the usage event in place of what
was held, or it carries none, and what was held is itself the use.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.contrib.auth.models import User
from django.db import connection, transaction

from catalog.models import UsageType
from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from foundation.scope import require_sight
from rating.choices import ReservationState, Verdict
from rating.models import BalanceBucket, BalanceMovement, Reservation, UsageSource
from rating.operations.drawing import hold_usage, request_draws
from rating.operations.events import load_events
from rating.queries.entitled import Use, beyond_of, place
from rating.rules.drawing import ZERO, draw
from rating.rules.rows import PREFIX

LONGEST: Final = timedelta(days=1)


class CannotReserve(Refusal):
    """The use belongs nowhere, or more is asked for than is left and nothing may go beyond."""

    rule = "ENT-7"


class CannotCommit(Refusal):
    """The record of the session cannot be loaded; what is held stays held."""

    rule = "ENT-7"


class ReservationEnded(Refusal):
    """The reservation was committed otherwise, let go, or its time is up."""

    rule = "ENT-7"


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What the record of a session says beside its quantity, as text, like a row of usage.

    Whatever file or call brings the same record later is a duplicate of it (RATE step 3).
    """

    source: UsageSource
    event_key: str
    event_start: str
    event_end: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


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
    *,
    reservation_id: int,
    used: Decimal,
    as_of: datetime,
    record: SessionRecord | None = None,
    actor: User | None = None,
) -> Reservation:
    """Consume what was used of a reservation and let the rest go; again gives the same answer.

    With a record, which takes the right to load usage, the session becomes a usage event: what was
    held is let go and drawn by the event at its time, what goes beyond is charged. A record that
    was loaded before counts as it is. Without one, at most what is held can be consumed.

    Raises: Forbidden; Invalid; ReservationEnded; CannotCommit.
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
        if record is not None:
            _become_event(row, used, record, as_of, actor)
        elif used > row.held:
            raise Invalid(
                "what goes beyond what is held needs its record", rule="ENT-7", column="used"
            )
        else:
            _end(row, ReservationState.COMMITTED, as_of, used)
    return row


def _become_event(
    row: Reservation, used: Decimal, record: SessionRecord, as_of: datetime, actor: User | None
) -> None:
    """Load the record of a session in place of what is held; it is drawn before others may.

    Holds usage, the account's balances and the buckets, in the order in which drawing does.
    """
    with connection.cursor() as cursor:
        hold_usage(cursor)
    advisory_lock("balance", row.account_id)
    closed = _give_back(row, ZERO)
    kind = UsageType.objects.get(code=row.usage_type)
    fields = {
        "event_key": record.event_key, "usage_type": row.usage_type,
        "identifier_type": kind.identifier_type, "identifier": row.identifier,
        "event_start": record.event_start, "event_end": record.event_end,
        "quantity": f"{used.normalize():f}",
        **{f"{PREFIX}{name}": value for name, value in record.attributes.items()},
    }  # fmt: skip
    _, (told,) = load_events(
        source=record.source, rows=[fields], request_id=f"reservation {row.pk}",
        received_at=as_of, actor=actor,
    )  # fmt: skip
    if told.verdict == Verdict.SUSPENDED:
        raise CannotCommit(f"{told.reason}: {told.message} ({told.column})")
    _expire(closed, row)
    _close(row, ReservationState.COMMITTED, as_of, used)


def _expire(buckets: Iterable[BalanceBucket], row: Reservation) -> None:
    """Let what came back to closed buckets and was not drawn expire (ENT-4)."""
    for one in buckets:
        one.refresh_from_db()
        if one.remaining:
            BalanceMovement.objects.create(
                bucket=one, kind="EXPIRE", delta=-one.remaining, reservation=row
            )


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


def _end(
    row: Reservation,
    state: str,
    as_of: datetime,
    used: Decimal | None = None,
) -> None:
    """End a reservation: consume what was used of what is held, let the rest go."""
    _expire(_give_back(row, used or ZERO), row)
    _close(row, state, as_of, used)


def _close(row: Reservation, state: str, as_of: datetime, used: Decimal | None) -> None:
    row.state, row.ended_at, row.used = state, as_of, used
    row.save()


def _give_back(row: Reservation, used: Decimal) -> list[BalanceBucket]:
    """Let go what is held but for what was used; return the buckets closed in the meantime.

    Usage that found a bucket empty is asked to be drawn anew.
    """
    parts: dict[int, Decimal] = defaultdict(Decimal)
    for bucket, delta in row.movements.order_by("id").values_list("bucket_id", "delta"):
        parts[bucket] -= delta
    buckets = list(
        BalanceBucket.objects.select_for_update(no_key=True).filter(pk__in=parts).order_by("pk")
    )
    left, movements = used, []
    for bucket, held in parts.items():
        part = min(left, held)
        left -= part
        movements.append(("RELEASE", bucket, held))
        if part:
            movements.append(("CONSUME", bucket, -part))
    BalanceMovement.objects.bulk_create(
        BalanceMovement(bucket_id=bucket, kind=kind, delta=delta, reservation=row)
        for kind, bucket, delta in movements
    )
    empty = [one for one in buckets if not one.remaining and one.closed_at is None]
    if empty and used < row.held:
        request_draws({row.account_id: min(one.valid.lower for one in empty)})
    return [one for one in buckets if one.closed_at is not None]
