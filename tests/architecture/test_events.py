"""docs/formats/events.md lists the topics that the code records: all of them, and no other.

What each says is compared wherever a test records one (`tests/conftest.py`).
"""

from __future__ import annotations

import pytest
from django.apps import apps

from audit.operations import Happening
from audit.rules.topics import is_pattern
from tests.event_page import INVENTED, LINE, PAGE, fault, lines, topics_in_code


def test_every_topic_of_the_code_is_on_the_page() -> None:
    whole, begun = topics_in_code()
    assert len(whole) > 70, "the code is not read any more"
    assert not sorted(whole - set(lines()))
    rooms = {"catalog", "customers", "invoicing"}  # rights, composed
    composed = {start for start in begun if start.partition(".")[0] not in rooms}
    silent = [one for one in composed if not any(topic.startswith(one) for topic in lines())]
    assert not silent


def test_every_topic_of_the_page_is_recorded_somewhere() -> None:
    whole, begun = topics_in_code()
    invented = [
        topic
        for topic in lines()
        if topic not in whole and not topic.startswith(tuple(start for start in begun))
    ]
    assert not invented
    assert not set(lines()) & INVENTED


def test_every_line_can_be_read_and_names_a_model() -> None:
    rows = [one for one in PAGE.read_text(encoding="utf-8").splitlines() if one.startswith("| `")]
    topics = [one for one in rows if "." in one.split("`")[1]]
    assert not [one for one in topics if not LINE.match(one)]
    kinds = {model._meta.label_lower for model in apps.get_models()}
    assert {line.subject for line in lines().values()} <= kinds
    assert all(is_pattern(topic) for topic in lines())


@pytest.mark.parametrize(
    ("happening", "said"),
    [
        (Happening("order.submitted", "customers.order", 1, {"number": "O-1"}), ""),
        (Happening("order.lost", "customers.order", 1), "order.lost is not in events.md"),
        (
            Happening("order.submitted", "customers.account", 1, {"number": "O-1"}),
            "order.submitted is about customers.account, not customers.order",
        ),
        (
            Happening("order.submitted", "customers.order", 1, {"number": "O-1", "more": 1}),
            "order.submitted says ['more', 'number'], not ['number']",
        ),
    ],
)
def test_an_event_that_differs_from_its_line_is_seen(happening: Happening, said: str) -> None:
    assert fault(happening) == said
