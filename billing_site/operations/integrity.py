"""Run the identities and keep what they found, so that the board shows the last run."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

import audit.operations
from billing_site.queries.integrity import checks
from foundation.integrity import Finding, Result, run_checks

JOB = "check_integrity"
log = logging.getLogger(__name__)


def check_integrity(*, codes: frozenset[str] = frozenset()) -> list[Result]:
    """Run the checks (all, or those with these codes) and return the results."""
    return run_checks(check for check in checks() if not codes or check.code in codes)


def run_integrity() -> dict[str, Any]:
    """Run every check as a job and store its results; return them.

    Raises: audit.operations.JobIsRunning where it runs already.
    """
    job = audit.operations.start_job(name=JOB, params={}, most_tries=1000)
    try:
        outcome = summary(check_integrity())
    except Exception as error:
        audit.operations.fail_job(job, error=str(error))
        raise
    audit.operations.finish_job(job, result=outcome)
    return outcome


def summary(results: list[Result]) -> dict[str, Any]:
    """Return the results as plain values, worst first within the order of codes."""
    return {
        "green": all(result.is_green for result in results),
        "checks": [
            {
                "code": result.check.code,
                "title": result.check.title,
                "green": result.is_green,
                "findings": [asdict(finding) for finding in result.findings],
            }
            for result in results
        ],
    }


def finding_from(values: dict[str, str]) -> Finding:
    """Return a stored finding."""
    return Finding(**values)
