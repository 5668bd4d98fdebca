"""Identities of usage: nothing lost, nothing doubled (I-11, I-19)."""

from django.db import connection

from foundation import sql
from foundation.integrity import MOST_FINDINGS, Check, Finding


def _found(code: str, name: str, subject: str, message: str) -> list[Finding]:
    """Run a statement that returns id, expected, actual where an identity is broken."""
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", name, most=MOST_FINDINGS)
        return [
            Finding(code, f"{subject}:{key}", message, str(expected), str(actual))
            for key, expected, actual in cursor.fetchall()
        ]


def file_rows_accounted() -> list[Finding]:
    """I-11: received − duplicate = stored events + rows that wait or have ended otherwise."""
    return _found(
        "I-11",
        "check_file_rows",
        "rating.usagefile",
        "rows of a usage file are lost or doubled",
    )


def sums_match_events() -> list[Finding]:
    """I-11: aggregates equal the sums of their events."""
    return _found(
        "I-11",
        "check_sums",
        "customers.account",
        "sums of usage differ from the events of the account",
    )


def events_have_results() -> list[Finding]:
    """I-11: an event that is rated by itself has its result, and no result lacks its event."""
    return _found(
        "I-11",
        "check_results",
        "customers.account",
        "events that are rated one by one differ from their results",
    )


def control_totals_match() -> list[Finding]:
    """I-19: what a sender declared equals what arrived."""
    return _found(
        "I-19",
        "check_control_totals",
        "rating.usagefile",
        "the sender's quantity total differs from its rows",
    )


def events_have_owners() -> list[Finding]:
    """RA-4: every stored event belongs to a subscription charge of its account."""
    return _found(
        "RA-4",
        "check_owners",
        "customers.subscriptioncharge",
        "usage is stored under a charge that is not its account's",
    )


def balances_add_up() -> list[Finding]:
    """I-4: what remains of a bucket is the sum of its movements; events are covered as drawn."""
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "check_balances", most=MOST_FINDINGS)
        return [
            Finding(
                "I-4",
                subject,
                "a balance differs from its movements, or an event from what was drawn for it",
                str(expected),
                str(actual),
            )
            for subject, expected, actual in cursor.fetchall()
        ]


def prepaid_is_owed() -> list[Finding]:
    """I-4: what was paid for unused balances of money is what the books owe for it."""
    return _found(
        "I-4",
        "check_prepaid",
        "ledger.legalentity",
        "unused prepaid balances differ from their account in the books",
    )


def events_derived_once() -> list[Finding]:
    """I-11: an event stands once for each purpose that rates it; nothing stands without one."""
    return _found(
        "I-11",
        "check_derived",
        "customers.account",
        "what is derived for carriers and partners differs from the events",
    )


INTEGRITY: tuple[Check, ...] = (
    Check("I-11", "Each usage row is stored, duplicate or in suspense", file_rows_accounted),
    Check("I-11", "Sums of usage equal their events", sums_match_events),
    Check("I-11", "Events rated one by one have one result each", events_have_results),
    Check("I-11", "Events are derived once for each purpose", events_derived_once),
    Check("I-4", "Balances equal their movements, events what covers them", balances_add_up),
    Check("I-4", "Unused prepaid balances equal their account", prepaid_is_owed),
    Check("I-19", "Usage files hold what their senders declared", control_totals_match),
    Check("RA-4", "All usage has an owner", events_have_owners),
)
