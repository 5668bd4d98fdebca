"""Every reason to suspend a row is said in words, with what to do next."""

from rating.rules.reasons import NEXT_STEPS, TITLES, Reason


def test_every_reason_has_words_and_a_next_step() -> None:
    assert set(TITLES) == set(NEXT_STEPS) == set(Reason)
    assert len(set(TITLES.values())) == len(TITLES)
