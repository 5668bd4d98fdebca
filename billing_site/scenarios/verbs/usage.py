"""Verbs of usage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import rating.operations
from billing_site.scenarios.stage import NoSuchName, Scene
from billing_site.scenarios.verbs.registry import verb
from catalog.models import UsageType
from rating.models import SuspenseItem, SuspenseWriteOff


@dataclass(frozen=True, slots=True)
class Event:
    """Usage on a local day (at noon UTC) or at an instant; `key` tells events apart."""

    on: str
    quantity: Decimal
    key: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@verb("usage.load")
def load(scene: Scene, *, type_: str, identifier: str, events: tuple[Event, ...]) -> None:
    """Load events of one identifier, as a call of the network would."""
    usage_type = UsageType.objects.select_related("unit").filter(code=type_).first()
    if usage_type is None:
        raise NoSuchName(f"there is no usage type {type_}")
    rating.operations.load_events(
        source=scene.stage.source,
        rows=[
            {
                "event_key": event.key or f"{scene.seconds}-{number}",
                "usage_type": type_,
                "identifier_type": usage_type.identifier_type,
                "identifier": identifier,
                "event_start": event.on if "T" in event.on else f"{event.on}T12:00:00Z",
                "quantity": f"{event.quantity:f}",
                "uom": usage_type.unit.code,
                **{f"attr.{name}": value for name, value in event.attributes.items()},
            }
            for number, event in enumerate(events, 1)
        ],
        request_id=f"scenario {scene.seconds}",
        received_at=scene.now,
        actor=scene.cast.operator,
    )


@verb("pool.open")
def open_pool(
    scene: Scene, *, account: str, usage: str, beyond: str = "BY_USAGE", name: str = "Pool"
) -> None:
    """Let everybody at and below an account share a kind of usage from the day on (POOL-1)."""
    rating.operations.open_pool(
        node=scene.account(account),
        usage_type=usage,
        name=name,
        starts=scene.day,
        allocation=beyond,
        as_of=scene.now,
        actor=scene.cast.approver,
    )


@verb("usage.settle")
def settle(scene: Scene) -> None:
    """Keep balances as the clock does every hour: grant, draw, end trials that are used up."""
    rating.operations.settle_balances(as_of=scene.now)


@verb("usage.recycle")
def recycle(scene: Scene, *, reason: str, identifier: str = "") -> None:
    """Send usage that waits for a reason through again, with another identifier if given."""
    waiting = SuspenseItem.objects.filter(reason=reason, state="OPEN").order_by("id")
    rating.operations.recycle(
        item_ids=list(waiting.values_list("id", flat=True)),
        corrections={"identifier": identifier} if identifier else {},
        as_of=scene.now,
        actor=scene.cast.operator,
    )


@verb("usage.write_off")
def write_off(scene: Scene, *, reason: str) -> None:
    """Give up usage that waits for a reason, with the approval of a second person."""
    waiting = SuspenseItem.objects.filter(reason=reason, state="OPEN").order_by("id")
    asked = rating.operations.request_write_off(
        item_ids=list(waiting.values_list("id", flat=True)),
        reason="given up in a scenario",
        as_of=scene.now,
        requester=scene.cast.operator,
    )
    rating.operations.approve_write_off(
        write_off=asked, approver=scene.cast.approver, as_of=scene.now
    )


@verb("usage.reverse_write_off")
def reverse_write_off(scene: Scene) -> None:
    """Let the rows of the last write-off wait in suspense again."""
    rating.operations.reverse_write_off(
        write_off=SuspenseWriteOff.objects.filter(state="DONE").latest("pk"),
        reason="taken back in a scenario",
        as_of=scene.now,
        actor=scene.cast.approver,
    )


@verb("usage.merge")
def merge(scene: Scene) -> None:
    """Put calls in parts together as the clock does every hour (RATE step 4)."""
    rating.operations.merge_parts(as_of=scene.now)


@verb("usage.rerate")
def rerate(scene: Scene, *, from_: date, until: date) -> None:
    """Guide and price the usage of days again, with today's catalogue and timeline (RATE-2)."""
    rating.operations.rerate(start=from_, end=until, as_of=scene.now, actor=scene.cast.operator)
