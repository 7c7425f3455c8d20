"""Operators of an expression at the top of a file: constant patterns, and a core function of their coefficients.

    [P(q, 0), 2 * a * X(q)]      =>      (P, X), coefficients ((), (0,))          func @<value>(%a) -> (2 %a, 0)

Whoever wants the matrices calls the function, and puts them together: however large they are, nothing of them is
compiled but the numbers that a program computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import Value
from qdsl.lang.core.staged import Many, Operator, Staged
from qdsl.lang.report import InternalError

if TYPE_CHECKING:
    from qdsl.lang.quantum.pattern import Sum
    from qdsl.lang.typed.spaces import Space


@dataclass(frozen=True, slots=True)
class Term:
    """A pattern, and the place of the real part of its coefficient among the results; None where it is 1."""

    pattern: Sum
    place: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """One operator: its terms; of a matrix that is computed its spaces, and the place of its real part."""

    terms: tuple[Term, ...]
    dense: tuple[tuple[Space, ...], int] | None


def written(whole: Staged) -> tuple[tuple[int, ...], list[Written], list[Value]]:
    """The shape of an array of operators, () of one; the operators, the last axis fastest; the values they need."""
    results: list[Value] = []
    operators = [_written(each, results) for each in _flat(whole)]
    return _shape(whole), operators, results


def _flat(whole: Staged) -> Sequence[Operator]:
    if isinstance(whole, Many):
        return [each for part in whole.elements for each in _flat(part)]
    if not isinstance(whole, Operator):
        raise InternalError(f"{type(whole).__name__} is no operator")
    return [whole]


def _shape(whole: Staged) -> tuple[int, ...]:
    if not isinstance(whole, Many):
        return ()
    return (len(whole.elements), *(_shape(whole.elements[0]) if whole.elements else ()))


def _written(operator: Operator, results: list[Value]) -> Written:
    terms: list[Term] = []
    for pattern, coefficient in operator.terms:
        terms.append(Term(pattern, None if coefficient is None else len(results)))
        results.extend(coefficient or ())
    if operator.dense is None:
        return Written(tuple(terms), None)
    place = len(results)
    results += [operator.dense.re, operator.dense.im]
    return Written(tuple(terms), (operator.dense.spaces, place))
