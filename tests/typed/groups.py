"""Random dimensions for the property tests: over four bases, some variables and some occurrences of 2π."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from qdsl.lang.typed.dimension import CYCLE, ONE, Dimension, DimVar, Turn

BASES = ("Length", "Mass", "Time", CYCLE)

exponents = st.one_of(
    st.integers(-3, 3), st.fractions(min_value=-2, max_value=2, max_denominator=4).map(lambda q: lowest(q))
)


def lowest(power: Fraction | int) -> Fraction | int:
    """An int where it is one: the form in which exponents are kept."""
    return int(power) if Fraction(power).denominator == 1 else Fraction(power)


def product(powers: dict[object, Fraction | int]) -> Dimension:
    """A dimension in its normal form: no factor to the power 0."""
    result = ONE
    for atom, power in powers.items():
        if power:
            result = result * Dimension({atom: lowest(power)})  # type: ignore[dict-item]
    return result


def over(atoms: tuple[object, ...]) -> st.SearchStrategy[Dimension]:
    """Products of powers of these."""
    return st.dictionaries(st.sampled_from(atoms), exponents, max_size=4).map(product)


ground = over(BASES)


def variables(count: int) -> tuple[DimVar, ...]:
    return tuple(DimVar() for _ in range(count))


def turns(count: int) -> tuple[Turn, ...]:
    return tuple(Turn(None) for _ in range(count))


def substituted(dimension: Dimension, values: dict[DimVar, Dimension]) -> Dimension:
    """With each variable replaced."""
    result = ONE
    for atom, power in dimension.factors.items():
        result = result * (values[atom] if isinstance(atom, DimVar) else Dimension({atom: 1})) ** power
    return result
