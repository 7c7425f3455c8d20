"""All nineteen problems of NIST as programs, from both published starts and from none, to six digits.

Of Lanczos1 the sum of squares is 1e-25, rounding of data that are exact: neither it nor standard deviations, which come
from it, have six digits in double precision.
"""

from __future__ import annotations

import pytest
from benchmarks.nist.digits import FITS, PROBLEMS, PROGRAMS, digits_of
from benchmarks.nist.write import programs

REFUSED = {"Chwirut1", "Kirby2", "Nelson"}
"""The residuals of these, at the certified values, follow each other: the model is not the data's, and the verdict says
so.
"""

QUICK = {"Misra1a", "Chwirut2", "Nelson", "MGH17", "Gauss2", "Hahn1"}


SLOW = [pytest.param(each, marks=pytest.mark.slow) for each in PROBLEMS if each not in QUICK]


@pytest.mark.parametrize("name", [*sorted(QUICK), *SLOW])
def test_six_digits(name: str) -> None:
    found = digits_of(name)
    words = {found[each].verdict.partition("(")[0] for each in FITS}
    assert words == {"rejected" if name in REFUSED else "converged"}
    for each in FITS:
        assert found[each].params >= 6
        assert name == "Lanczos1" or min(found[each].errors, found[each].rss) >= 6


def test_the_programs_are_the_problems() -> None:
    """What stands in the folder is what is made from the published files."""
    assert {path.name: path.read_text(encoding="utf-8") for path in PROGRAMS.iterdir()} == programs()
