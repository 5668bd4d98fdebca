"""The nested-set numbers of a tree (HIER-7), against their definition."""

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.numbering import Node, Numbers, numbered


def test_edges_enclose_those_of_the_children_in_the_order_given() -> None:
    nodes = [Node(1, None), Node(3, 1), Node(2, 1), Node(4, 3)]
    assert numbered(1, nodes) == {
        1: Numbers(1, 8, 0),
        3: Numbers(2, 5, 1),
        4: Numbers(3, 4, 2),
        2: Numbers(6, 7, 1),
    }


def test_what_is_not_reached_gets_no_number() -> None:
    assert set(numbered(1, [Node(1, None), Node(2, 9), Node(9, 2)])) == {1}


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=60))
def test_numbers_are_a_nested_set(places: list[int]) -> None:
    """Each edge once; a child inside its parent, one level down; width counts those below."""
    parents = {0: None} | {place: choice % place for place, choice in enumerate(places, start=1)}
    found = numbered(0, [Node(one, parent) for one, parent in parents.items()])
    edges = sorted(edge for one in found.values() for edge in (one.lft, one.rght))
    assert edges == list(range(1, 2 * len(parents) + 1))
    for one, parent in parents.items():
        if parent is not None:
            assert found[parent].lft < found[one].lft < found[one].rght < found[parent].rght
            assert found[one].level == found[parent].level + 1


def test_a_chain_of_a_hundred_thousand_is_no_deeper_than_the_stack() -> None:
    nodes = [Node(one, one - 1 or None) for one in range(1, 100_001)]
    assert numbered(1, nodes)[100_000] == Numbers(100_000, 100_001, 99_999)
