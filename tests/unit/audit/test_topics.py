import pytest

from audit.rules.topics import is_pattern

LONG = "o" * 41 + ".x"
WRONG = ["", "order", "order.", ".x", "*.x", "order.*.x", "Order.x", "order.%", "order.x ", LONG]


@pytest.mark.parametrize("text", ["*", "order.*", "order.submitted", "top_up.rule_set"])
def test_a_topic_all_of_a_noun_or_all_there_are(text: str):
    assert is_pattern(text)


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_no_pattern(text: str):
    assert not is_pattern(text)
