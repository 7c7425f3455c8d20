"""The polynomials of the formulas are as near to their functions as their comments say, and 2/pi has its digits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.native.minimax import FITS, error_of, rounded, two_over_pi

from qdsl.lang.native.math import coefficients


@pytest.mark.parametrize("name", FITS)
def test_the_error_is_the_one_stated(name: str) -> None:
    source = Path(coefficients.__file__).read_text(encoding="utf-8")
    stated = re.search(rf"^{name} = \(.*?error 2\^(-[0-9.]+)\.", source, re.DOTALL | re.MULTILINE)
    assert stated is not None
    assert error_of(FITS[name], getattr(coefficients, name)) <= 2.0 ** (float(stated[1]) + 0.1)


@pytest.mark.parametrize("name", ["SINH", "LOG", "CBRT"])
def test_computing_them_anew_gives_the_same(name: str) -> None:
    assert rounded(FITS[name]) == getattr(coefficients, name)


def test_two_over_pi() -> None:
    assert two_over_pi(coefficients.TWO_OVER_PI_BITS) == coefficients.TWO_OVER_PI
