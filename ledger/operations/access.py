"""Which legal entities a person works for (F36)."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from foundation import scope
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from ledger.models import EntityAccess, LegalEntity


class CannotLimit(Refusal):
    """A person would widen or narrow their own view."""

    rule = "F36"


@transaction.atomic
def limit_to_entities(
    *, user: User, entities: Iterable[LegalEntity], actor: User | None
) -> frozenset[int] | None:
    """Let a person see and change rows of exactly these entities; of none given: of all.

    A second call changes nothing. Returns the numbers of the entities, None for all of them.

    Raises: Forbidden; CannotLimit.
    """
    require(actor, "auth.change_user")
    scope.require_all(actor)
    if actor is not None and actor.pk == user.pk:
        raise CannotLimit("nobody changes which entities they themselves work for")
    advisory_lock("entity_access", user.pk)
    wanted = {entity.pk for entity in entities}
    held = set(EntityAccess.objects.filter(user=user).values_list("entity", flat=True))
    EntityAccess.objects.filter(user=user).exclude(entity__in=wanted).delete()
    EntityAccess.objects.bulk_create(
        EntityAccess(user=user, entity_id=pk) for pk in sorted(wanted - held)
    )
    scope.forget(user)
    return scope.entities_of(user)
