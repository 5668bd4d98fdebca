"""Reads of the audit room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Case, Exists, Model, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now

from audit.choices import ApprovalState, DeliveryState, EndpointState, JobState
from audit.models import (
    ApiKey,
    ApprovalPolicy,
    ApprovalRequest,
    BusinessEvent,
    Change,
    JobRun,
    ReasonCode,
    Seal,
    WebhookDelivery,
    WebhookEndpoint,
)
from audit.models.webhook import UNFINISHED
from audit.rules import topics
from foundation import scope, sql
from foundation.integrity import Check, Finding


def waiting_requests() -> QuerySet[ApprovalRequest]:
    """Return the requests that wait for a second person, oldest first."""
    return (
        ApprovalRequest.objects.filter(state=ApprovalState.PENDING, expires_at__gt=Now())
        .select_related("requester")
        .order_by("requested_at", "pk")
    )


def requests_of(entities: frozenset[int]) -> Q:
    """Return the condition of requests about something of the entities."""
    return scope.subjects(ApprovalRequest, entities)


def parked_jobs() -> QuerySet[JobRun]:
    """Return the jobs that failed too often and wait for a person, newest first."""
    return JobRun.objects.filter(state=JobState.PARKED).order_by("-pk")


def released_jobs(begins: str) -> QuerySet[JobRun]:
    """Return the jobs that a person has released and that were not tried since, oldest first.

    `begins` is how their names begin.
    """
    return JobRun.objects.filter(
        state=JobState.FAILED, attempts=0, name__startswith=begins
    ).order_by("pk")


def reasons(domain: str) -> QuerySet[ReasonCode]:
    """Return the reasons that may be chosen in a domain, by code."""
    return ReasonCode.objects.filter(domain=domain, is_active=True).order_by("code")


def reason_texts(*domains: str) -> dict[str, str]:
    """Return what the codes of these domains say, those no longer chosen included."""
    rows = ReasonCode.objects.filter(domain__in=domains).values_list("code", "text")
    return dict(rows)


def standing_request(action: str, subject: Model) -> ApprovalRequest | None:
    """Return what was asked about a thing and is neither rejected, used nor expired."""
    return ApprovalRequest.objects.filter(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        state__in=[ApprovalState.PENDING, ApprovalState.APPROVED],
    ).first()


def approved_request(action: str, subject: Model) -> ApprovalRequest | None:
    """Return the approval of an act on a subject that is still to be used."""
    return (
        ApprovalRequest.objects.filter(
            action=action,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            state=ApprovalState.APPROVED,
            expires_at__gt=Now(),
        )
        .order_by("-pk")
        .first()
    )


@dataclass(frozen=True, slots=True)
class FreeLimit:
    """What a person may still do of an action without a second one, in one currency.

    `share` is the greatest part of the document where the limit has such a bound.
    """

    amount: Decimal
    done: Decimal
    share: Decimal | None

    @property
    def left(self) -> Decimal:
        """Return what is left of the limit in these 24 hours."""
        return max(self.amount - self.done, Decimal(0))

    def covers(self, amount: Decimal, *, of: Decimal | None = None) -> bool:
        """Tell whether an amount of a document over `of` needs nobody else."""
        within = self.share is None or of is None or abs(amount) <= of * self.share
        return within and abs(amount) <= self.left


def asks_for_approval(action: str, *, currency: str) -> bool:
    """Tell whether a policy has the action approved, for actions that need it only then."""
    return ApprovalPolicy.objects.filter(
        Q(currency="") | Q(currency=currency), action=action, is_active=True
    ).exists()


def free_limit(action: str, *, person: User, currency: str) -> FreeLimit | None:
    """Return up to which amount a person needs nobody else, or None where they always do.

    The greatest limit of the person's roles counts, less what the person did alone in the last
    24 hours, so that a large amount cannot be cut into small ones.
    """
    policy = (
        ApprovalPolicy.objects.filter(
            Q(role="") | Q(role__in=person.groups.values("name")),
            action=action,
            currency=currency,
            is_active=True,
            free_up_to__isnull=False,
        )
        .order_by("-free_up_to", "free_share")
        .first()
    )
    if policy is None or policy.free_up_to is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_done_alone(%s, %s, %s)", [person.pk, action, currency])
        (done,) = cursor.fetchone()
    return FreeLimit(policy.free_up_to, done, policy.free_share)


def changes_of(obj: Model) -> QuerySet[Change]:
    """Return the row history of an object, newest first."""
    return Change.objects.filter(table_name=obj._meta.db_table, row_id=str(obj.pk)).order_by("-pk")


def events_of(obj: Model) -> QuerySet[BusinessEvent]:
    """Return what happened to an object, newest first."""
    return BusinessEvent.objects.filter(
        subject_type=obj._meta.label_lower, subject_id=obj.pk
    ).order_by("-pk")


def event_kinds() -> list[str]:
    """Return the kinds of subjects that events are about, read along the index."""
    with connection.cursor() as cursor:
        sql.run(cursor, "audit", "event_kinds")
        return [kind for (kind,) in cursor.fetchall()]


def events_of_entities(entities: frozenset[int]) -> Q:
    """Return the condition of events about something of the entities."""
    return scope.about(event_kinds(), entities)


def of_topics(patterns: Iterable[str]) -> Q:
    """Return the condition of events of topics, all topics of a noun (`order.*`) or all (`*`)."""
    found = Q(pk__in=[])
    for pattern in patterns:
        if pattern == topics.EVERYTHING:
            return Q()
        noun, _, verb = pattern.partition(".")
        found |= Q(topic__startswith=f"{noun}.") if verb == "*" else Q(topic=pattern)
    return found


def events_for(user: User, *, scopes: Sequence[str] | None = None) -> QuerySet[BusinessEvent]:
    """Return the events about what a person has the right to look at.

    With the scopes of a key, only about what these hold too. Whose entities they are of is told
    by `foundation.scope`.
    """

    def shown(kind: str) -> bool:
        app, _, name = kind.partition(".")
        right = f"{app}.view_{name}"
        return user.has_perm(right) and (scopes is None or right in scopes)

    kinds = [kind for kind in event_kinds() if shown(kind)]
    return BusinessEvent.objects.filter(subject_type__in=kinds)


def settled_event() -> int:
    """Return the last event before which no other can still appear; 0 where there is none.

    Numbers are given before their transaction ends, so that a lower one may come to light after a
    higher one. What was recorded before the eldest writer began cannot be overtaken (decision 20).
    Not inside a transaction that saw other events before.
    """
    with connection.cursor() as cursor:
        sql.run(cursor, "audit", "eldest_writer")
        (moment,) = cursor.fetchone()
    before = BusinessEvent.objects.filter(recorded_at__lt=moment).order_by("-pk")
    return before.values_list("pk", flat=True).first() or 0


def undelivered_events(limit: int, *, upto: int) -> QuerySet[BusinessEvent]:
    """Return the oldest events up to one that were not passed on yet, by id."""
    rows = BusinessEvent.objects.filter(delivered_at__isnull=True, pk__lte=upto)
    return rows.order_by("pk")[:limit]


def outbox_since() -> datetime | None:
    """Return since when the oldest event waits to be passed on; None where none does."""
    waiting = BusinessEvent.objects.filter(delivered_at__isnull=True).order_by("pk")
    return waiting.values_list("recorded_at", flat=True).first()


def due_deliveries(as_of: datetime) -> QuerySet[WebhookDelivery]:
    """Return what may be sent: due, at its turn within its subject, to an endpoint that works."""
    earlier = WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        subject_type=OuterRef("subject_type"),
        subject_id=OuterRef("subject_id"),
        event__lt=OuterRef("event"),
        state__in=UNFINISHED,
    )
    working = WebhookEndpoint.objects.filter(state=EndpointState.ACTIVE, user__is_active=True)
    return WebhookDelivery.objects.filter(
        ~Exists(earlier),
        endpoint__in=list(working.values_list("pk", flat=True)),
        state=DeliveryState.WAITING,
        next_try_at__lte=as_of,
    )


def api_keys() -> QuerySet[ApiKey]:
    """Return the keys with their `state`, newest first.

    ACTIVE, or why it opens nothing: REVOKED, EXPIRED, INACTIVE (its user), WAITING (for a second
    person), REFUSED (nobody approved it in time, or somebody refused).
    """
    asked = ApprovalRequest.objects.filter(
        subject_type="audit.apikey",
        subject_id=OuterRef("pk"),
        state=ApprovalState.PENDING,
        expires_at__gt=Now(),
    )
    state = Case(
        When(revoked_at__isnull=False, then=Value("REVOKED")),
        When(expires_at__lte=Now(), then=Value("EXPIRED")),
        When(Q(approved_at__isnull=True) & Exists(asked), then=Value("WAITING")),
        When(approved_at__isnull=True, then=Value("REFUSED")),
        When(user__is_active=False, then=Value("INACTIVE")),
        default=Value("ACTIVE"),
    )
    return (
        ApiKey.objects.annotate(state=state).select_related("user", "created_by").order_by("-pk")
    )


def live_api_key(secret_hash: str) -> ApiKey | None:
    """Return the key with this hash if it opens anything at this moment.

    It is approved, neither revoked nor expired, and its user is active.
    """
    return (
        ApiKey.objects.filter(
            Q(approved_at__isnull=False, revoked_at__isnull=True),
            secret_hash=secret_hash,
            expires_at__gt=Now(),
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )


def digest(*, previous: str, first: int, last: int) -> tuple[int, str]:
    """Return count and chained digest of the changes with ids from `first` to `last`."""
    with connection.cursor() as cursor:
        sql.run(cursor, "audit", "seal_digest", previous=previous, first=first, last=last)
        count, value = cursor.fetchone()
    return count, value


def check_seals() -> list[Finding]:
    """Recompute every seal; a change edited, removed or slipped in shows itself (I-23)."""
    findings: list[Finding] = []
    previous, expected_first = "", 0
    for seal in Seal.objects.order_by("last_change_id"):
        count, value = digest(
            previous=seal.previous_digest, first=seal.first_change_id, last=seal.last_change_id
        )
        if seal.previous_digest != previous or seal.first_change_id != expected_first:
            findings.append(
                Finding("I-23", f"seal {seal.pk}", "the chain is broken", previous, seal.digest)
            )
        if (count, value) != (seal.row_count, seal.digest):
            findings.append(
                Finding(
                    "I-23",
                    f"seal {seal.pk}",
                    f"the history from change {seal.first_change_id} to {seal.last_change_id} "
                    "is not what was sealed",
                    f"{seal.row_count} rows {seal.digest}",
                    f"{count} rows {value}",
                )
            )
        previous, expected_first = seal.digest, seal.last_change_id + 1
    return findings


INTEGRITY: tuple[Check, ...] = (Check("I-23", "The row history is what was sealed", check_seals),)
