"""The standard form of a generic type says the same as the type it came from, and no use disturbs another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.typed.groups import ground, over, substituted

from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import CYCLE, Dimension, DimVar, Turn
from qdsl.lang.typed.scheme import Instance, dimensions_of, free_variables, is_generic, open_turns, standardise
from qdsl.lang.typed.solve import Solver

NAMES = (DimVar(), DimVar(), DimVar())
signatures = st.lists(over(("Length", "Time", *NAMES)), min_size=1, max_size=4)
values = st.tuples(ground, ground, ground)


def function(dimensions: list[Dimension]) -> types.Function:
    *parameters, result = [types.Real(each) for each in dimensions]
    return types.Function(tuple(parameters), result)


def fresh(dimensions: list[Dimension]) -> types.Function:
    """The signature over variables of its own."""
    new = {name: Dimension({DimVar(): 1}) for name in NAMES}
    return function([substituted(each, new) for each in dimensions])


def has_instance(general: types.Type, special: list[Dimension]) -> bool:
    """Whether some choice of the variables makes it this."""
    solver = Solver()
    return all(solver.unify(a, b) for a, b in zip(dimensions_of(Instance().type(general)), special, strict=True))


@given(signatures, values)
def test_every_instance_before_is_one_after(signature: list[Dimension], chosen: tuple[Dimension, ...]) -> None:
    general = fresh(signature)
    standardise(general)
    special = [substituted(each, dict(zip(NAMES, chosen, strict=True))) for each in signature]
    assert has_instance(general, special)


@given(signatures, values)
def test_every_instance_after_is_one_before(signature: list[Dimension], chosen: tuple[Dimension, ...]) -> None:
    before, after = fresh(signature), fresh(signature)
    standardise(after)
    left = free_variables(after)
    special = [substituted(each, dict(zip(left, chosen, strict=False))) for each in dimensions_of(after)]
    assert has_instance(before, special)


@given(signatures)
def test_a_variable_comes_in_alone_and_to_the_first_power(signature: list[Dimension]) -> None:
    general = fresh(signature)
    standardise(general)
    met: set[DimVar] = set()
    for dimension in dimensions_of(general):
        new = [variable for variable in dimension.variables() if variable not in met]
        assert len(new) <= 1
        assert all(dimension.factors[variable] == 1 for variable in new)
        if new:
            assert set(dimension.variables()) == set(new)
        met.update(new)


@given(signatures)
def test_the_standard_form_is_its_own(signature: list[Dimension]) -> None:
    general = fresh(signature)
    standardise(general)
    once = list(dimensions_of(general))
    standardise(general)
    assert list(dimensions_of(general)) == once


@given(signatures, ground)
def test_two_uses_know_nothing_of_each_other(signature: list[Dimension], chosen: Dimension) -> None:
    general = fresh(signature)
    before = list(dimensions_of(general))
    first, second = Instance().type(general), Instance().type(general)
    solver = Solver()
    for variable in free_variables(first):
        solver.unify(Dimension({variable: 1}), chosen)
    assert not any(True for each in dimensions_of(first) for _ in each.variables())
    assert len(free_variables(second)) == len(free_variables(general))
    assert list(dimensions_of(general)) == before


def test_parts_of_one_use_share_what_is_open() -> None:
    [variable], turn = [DimVar()], Turn(None)
    both = Dimension({variable: 1, turn: 1, CYCLE: 1})
    record = types.Record((("a", types.Real(both)), ("b", types.Array(types.Complex(both), (None,)))))
    use = Instance().type(types.Function((record,), types.Estimate(both)))
    assert len(set(dimensions_of(use))) == 1
    assert len(free_variables(use)) == len(open_turns(use)) == 1
    assert is_generic(use)
    assert not {variable, turn} & {*free_variables(use), *open_turns(use)}
