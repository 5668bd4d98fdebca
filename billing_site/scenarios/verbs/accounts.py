"""Verbs of accounts: where they hang, when they are billed, where they live."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import customers.operations
import invoicing.operations
from billing_site.scenarios import setting, words
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb
from customers.choices import AccountRole, AddressRole
from invoicing.models import BillCycle


@verb("account.open")
def open_account(scene: Scene, *, name: str, under: str = "", cycle: int = 1) -> None:
    """Open an account on the day, alone or below another one."""
    plan = words.Account(
        parent=under,
        cycle=cycle,
        opened=scene.day,
        entity=scene.account(under).entity.code if under else "EU",
    )
    setting.open_account(scene, name, plan, words.Setup(accounts={}))


@verb("account.move")
def move(
    scene: Scene,
    *,
    account: str,
    under: str = "",
    pays: bool | None = None,
    effective: date | None = None,
    splits: bool = False,
) -> None:
    """Hang an account below another one, or let it stand alone (HIER-6).

    `splits` divides the periods that run on the day between the payers.
    """
    role = None
    if pays is not None:
        role = AccountRole.PAYER if pays else AccountRole.NON_PAYER
    customers.operations.move_account(
        account=scene.account(account),
        parent=scene.account(under) if under else None,
        role=role,
        on_date=effective or scene.day,
        as_of=scene.day,
        splits=splits,
        actor=scene.cast.care,
    )


@verb("account.role")
def role(
    scene: Scene,
    *,
    account: str,
    pays: bool,
    effective: date | None = None,
    splits: bool = False,
) -> None:
    """Let an account pay for itself, or its parent for it; `splits` as for a move (HIER-6)."""
    row = scene.account(account)
    customers.operations.move_account(
        account=row,
        parent=row.parent,
        role=AccountRole.PAYER if pays else AccountRole.NON_PAYER,
        on_date=effective or scene.day,
        as_of=scene.day,
        splits=splits,
        actor=scene.cast.care,
    )


@verb("charges.redirect")
def redirect(
    scene: Scene,
    *,
    account: str,
    to: str,
    from_: date | None = None,
    until: date | None = None,
    section: str = "",
    subscription: str = "",
    cap: Decimal | None = None,
) -> None:
    """Let another payer pay for charges of an account, up to a cap a month (HIER-8)."""
    customers.operations.redirect_charges(
        account=scene.account(account),
        payer=scene.account(to),
        starts=from_ or scene.day,
        ends=until,
        section=section,
        subscription=scene.subscription(subscription) if subscription else None,
        cap=cap,
        actor=scene.cast.care,
    )


@verb("account.cycle")
def cycle(
    scene: Scene, *, account: str, day: int, months: int = 1, once_billed: bool = False
) -> None:
    """Bill an account on another day of the month, now or once its period is billed (PER-7)."""
    code = setting.cycle(day, months, words.Setup(accounts={}))
    terms: dict[str, Any] = {
        "account": scene.account(account),
        "cycle": BillCycle.objects.get(code=code),
        "cycle_day": day,
        "actor": scene.cast.care,
    }
    if once_billed:
        invoicing.operations.change_cycle_at_boundary(as_of=scene.day, **terms)
    else:
        invoicing.operations.change_cycle_now(**terms)


@verb("account.hold")
def hold(scene: Scene, *, account: str, until: date, reason: str = "under review") -> None:
    """Keep bill runs from an account until a day."""
    customers.operations.hold_billing(
        account=scene.account(account), until=until, reason=reason, actor=scene.cast.care
    )


@verb("account.release")
def release(scene: Scene, *, account: str) -> None:
    """Take the hold off."""
    customers.operations.release_billing(account=scene.account(account), actor=scene.cast.care)


@verb("account.close")
def close(scene: Scene, *, account: str, effective: date | None = None) -> None:
    """Close an account; nothing of it may be alive (HIER-9)."""
    customers.operations.close_account(
        account=scene.account(account),
        on_date=effective or scene.day,
        actor=scene.cast.care,
    )


@verb("account.address")
def address(
    scene: Scene, *, account: str, place: str, role: str = "BILLING", effective: date | None = None
) -> None:
    """Let an account move house: another place taxes it from a day on."""
    customers.operations.set_address(
        account=scene.account(account),
        role=AddressRole(role),
        address=setting.address(scene, place),
        valid_from=effective or scene.day,
        actor=scene.cast.care,
    )
