from datetime import date
from decimal import Decimal

import pytest

from audit.rules.fingerprints import canonical, fingerprint


def test_the_same_content_has_one_spelling():
    assert canonical({"b": Decimal("10.00"), "a": [date(2027, 5, 1), None, True]}) == (
        '{"a":["2027-05-01",null,true],"b":"10"}'
    )
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": Decimal("100")}) == fingerprint({"a": Decimal("1E+2")})


@pytest.mark.parametrize("content", [0.1, {"a": 0.1}, object(), {1, 2}])
def test_what_has_no_exact_spelling_is_refused(content: object):
    with pytest.raises(TypeError):
        canonical(content)
