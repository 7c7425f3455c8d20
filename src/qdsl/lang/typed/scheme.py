"""Generic types: what a function's type leaves open, in a standard form, and a fresh copy for every use.

Free dimensions of a declared function are quantified: functions stand at the top of a file, so no variable of an
outer scope can be among them. Because exponents are rational the quantified variables span a vector space, and any
basis says the same; `standardised` picks the row-reduced one, so that a parameter whose dimension is free reads `D`
and not `D^2`.
"""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar, Exponent, Turn
from qdsl.lang.typed.types import Type, pruned


def dimensions_of(type_: Type) -> list[Dimension]:
    """Every dimension in a type, from left to right."""
    type_ = pruned(type_)
    if isinstance(type_, (*types.MEASURED, types.Operator)):
        return [type_.dimension.resolved()]
    return [dimension for part in types.parts(type_) for dimension in dimensions_of(part)]


def free_variables(type_: Type) -> list[DimVar]:
    """The unknown dimensions of a type in the order they are met."""
    return list(dict.fromkeys(variable for each in dimensions_of(type_) for variable in each.variables()))


def open_turns(type_: Type) -> list[Turn]:
    """The undecided 2π occurrences of a type."""
    return list(dict.fromkeys(turn for each in dimensions_of(type_) for turn in each.turns()))


def standardise(type_: Type) -> None:
    """Change the basis of the free variables so that the first dimension that needs one is just it, and so on.

    Column reduction of the matrix of exponents: rows are the dimensions in order, columns the variables. Solving the
    variables for the new ones changes no instance of the type.
    """
    variables = [variable for variable in free_variables(type_) if not variable.rigid]
    if not variables:
        return
    rows = [[Fraction(d.factors.get(v, 0)) for v in variables] for d in dimensions_of(type_)]
    size = len(variables)
    # change[i] holds variable i as powers of the new ones; start: each is itself
    change = [[Fraction(i == j) for j in range(size)] for i in range(size)]
    matrix = [row[:] for row in rows] + change
    column = 0
    for row in matrix[: len(rows)]:
        pivot = next((j for j in range(column, size) if row[j]), None)
        if pivot is None:
            continue
        _swap(matrix, column, pivot)
        _scale(matrix, column, 1 / row[column])
        for other in range(size):
            if other != column and row[other]:
                _add(matrix, other, column, -row[other])
        column += 1
        if column == size:
            break
    if all(change[i][j] == (i == j) for i in range(size) for j in range(size)):
        return
    fresh = [DimVar() for _ in variables]
    for variable, powers in zip(variables, matrix[len(rows) :], strict=True):
        solution = ONE
        for new, power in zip(fresh, powers, strict=True):
            if power:
                solution = solution * Dimension({new: _exponent(power)})
        variable.solution = solution


def _swap(matrix: list[list[Fraction]], a: int, b: int) -> None:
    for row in matrix:
        row[a], row[b] = row[b], row[a]


def _scale(matrix: list[list[Fraction]], column: int, factor: Fraction) -> None:
    for row in matrix:
        row[column] *= factor


def _add(matrix: list[list[Fraction]], to: int, column: int, factor: Fraction) -> None:
    for row in matrix:
        row[to] += factor * row[column]


def _exponent(power: Fraction) -> Exponent:
    return power.numerator if power.denominator == 1 else power


def is_generic(type_: Type) -> bool:
    return any(not dimension.ground for dimension in dimensions_of(type_))


class Instance:
    """One use of a generic type: quantified variables and turns replaced by fresh ones, shared by all its parts."""

    def __init__(self, turn_text: str = "pi", span: object = None) -> None:
        self.variables: dict[DimVar, Dimension] = {}
        self.turns: dict[Turn, Turn] = {}
        self.turn_text = turn_text
        self.span = span

    def dimension(self, dimension: Dimension) -> Dimension:
        dimension = dimension.resolved()
        if dimension.ground:
            return dimension
        result = ONE
        for atom, power in dimension.factors.items():
            if type(atom) is DimVar:
                fresh = self.variables.get(atom)
                if fresh is None:
                    fresh = self.variables[atom] = Dimension({DimVar(): 1})
                result = result * fresh**power
            elif type(atom) is Turn:
                turn = self.turns.get(atom)
                if turn is None:
                    turn = self.turns[atom] = Turn(self.span, self.turn_text)  # type: ignore[arg-type]
                result = result * Dimension({turn: power})
            else:
                result = result * Dimension({atom: power})
        return result

    def type(self, type_: Type) -> Type:
        type_ = pruned(type_)
        match type_:
            case types.Real(dimension):
                return type_ if dimension.ground else types.Real(self.dimension(dimension))
            case types.Complex(dimension):
                return types.Complex(self.dimension(dimension))
            case types.Estimate(dimension):
                return types.Estimate(self.dimension(dimension))
            case types.Operator(dimension, places):
                return types.Operator(self.dimension(dimension), places)
            case types.Array(element, shape):
                return types.Array(self.type(element), shape)
            case types.Record(fields):
                return types.Record(tuple((name, self.type(each)) for name, each in fields))
            case types.Function(parameters, result):
                return types.Function(tuple(map(self.type, parameters)), self.type(result))
            case types.Distribution(support):
                return types.Distribution(self.type(support))
            case _:
                return type_
