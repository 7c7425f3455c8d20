"""Which form of an overloaded function a call means: the one whose kinds of number need the least raising.

extern fn abs(x: Int) -> Int    extern fn abs<D: Dim>(x: D) -> D    extern fn abs<D: Dim>(x: Complex<D>) -> D

abs(-3) is the first, abs(-3 m) the second, abs(3 + 4i) the third; abs([-3, 4]) is the first, element by element.

fn fidelity(psi: Ket, phi: Ket) -> Scalar        fn fidelity(rho: Density, sigma: Density) -> Scalar

fidelity(|0>(q), |+>(q)) is the first; of a ket and a density it is the second, since a ket is a density too.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import fits_space
from qdsl.lang.typed.types import Type
from qdsl.lang.typed.unification import element_of


def best_form(functions: Sequence[typed.Function], values: Sequence[typed.Expr]) -> typed.Function | None:
    """The first of those that need the fewest steps; None where none takes these arguments."""
    ranked = [(cost, each) for each in functions if (cost := _cost(each, values)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


_ORDER = {"Bool": 0, "Int": 1, "Real": 2, "Complex": 3}


def _kind(type_: Type) -> str:
    element, _ = element_of(type_)
    match element:
        case types.Simple(name):
            return name
        case types.Complex():
            return "Complex"
        case types.TypeVar():
            return "Int"
        case types.Real() | types.Estimate():
            return "Real"
        case _:
            return type(element).__name__


def _fits(own: Type, wanted: Type) -> bool:
    """Whether a space is of the kind that is wanted."""
    (own, _), (wanted, _) = element_of(own), element_of(wanted)
    assert isinstance(own, types.SpaceType)
    assert isinstance(wanted, types.SpaceType)
    return fits_space(own.space, wanted.space)


def _cost(function: typed.Function, values: Sequence[typed.Expr]) -> int | None:
    """How many steps of raising the arguments need for this form; None where it does not take them."""
    assert isinstance(function.type, types.Function)
    if len(values) != len(function.parameters):
        return None
    cost = 0
    for value, wanted in zip(values, function.type.parameters, strict=True):
        have, want = _kind(value.type), _kind(wanted)
        if have == want == "SpaceType":
            if not _fits(value.type, wanted):
                return None
        elif have == want:
            pass
        elif (have, want) in (("Ket", "Density"), ("Ket", "Operator"), ("Density", "Operator")):
            cost += 10
        elif isinstance(element_of(value.type)[0], types.TypeVar) and want in _ORDER:
            cost += 0
        elif have in ("Int", "Real") and want in ("Real", "Complex") and _ORDER[have] < _ORDER[want]:
            cost += 10 * (_ORDER[want] - _ORDER[have])
        else:
            return None
        have_shape, want_shape = element_of(value.type)[1], element_of(wanted)[1]
        if want_shape is not None and (have_shape is None or len(have_shape) != len(want_shape)):
            return None
        if want_shape is None and have_shape is not None:
            cost += 1
    return cost
