"""What drives a state: H and jump operators as constant matrices on the numbers of the state, and their weights.

    evolve(w * X(q), psi, t)        =>      y' = (w M) y

In: the arguments of an evolution. Out: an `Equation`, its `Generator`, whose matrices are constant, and the core values
that the matrices are multiplied by, at a time or for all times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.hermitian import is_hermitian
from qdsl.lang.core.ir import INT, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import conj, mul, size_squared
from qdsl.lang.core.lower_dense import called, dense_of, matrix_of, written_out
from qdsl.lang.core.lower_errors import h_not_hermitian
from qdsl.lang.core.lower_inline import applied
from qdsl.lang.core.lower_operators import scaled
from qdsl.lang.core.lower_states import check_spaces
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Weighted
from qdsl.lang.core.staged import Coefficient, Inline, Many, Operator
from qdsl.lang.quantum.coordinates import pairs
from qdsl.lang.quantum.generator import Computed, Generator, Jump, OfH, OfMatrix, One, Part, Term, Weight, generator
from qdsl.lang.quantum.pattern import size_of
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.generators import TIME
from qdsl.lang.typed.spaces import Space

TERMS_UP_TO = 2
"""Levels of a jump operator whose computed matrix is taken apart into its elements."""

DISSIPATORS = "dissipators"
"""The module of the library that a jump operator with a computed matrix is left to."""


@dataclass(frozen=True, slots=True)
class Equation:
    """What drives a state: H and jump operators, constant or as functions of time."""

    body: Body
    hamiltonian: Operator | Inline
    jumps: Many | Inline
    scale: complex
    node: typed.Quantum
    span: Span

    @property
    def loses(self) -> bool:
        """Whether there are jump operators."""
        return isinstance(self.jumps, Inline) or bool(self.jumps.elements)

    @property
    def depends_on_time(self) -> bool:
        return isinstance(self.hamiltonian, Inline) or isinstance(self.jumps, Inline)

    def at(self, time: Data | None) -> tuple[Operator, list[Operator]]:
        """H, as a rate, and the jump operators at a time, which may have matrices that are computed."""
        hamiltonian = self._operator(self.hamiltonian, time)
        many = self.jumps
        if isinstance(many, Inline):
            assert time is not None
            found = applied(self.body, many, [time], self.node.span, self.body.staged)
            assert isinstance(found, Many)
            many = found
        jumps = [_few_terms(self.body, each) for each in many.elements if isinstance(each, Operator)]
        return scaled(self.body, written_out(self.body, hamiltonian, True), self.scale), jumps

    def coefficients(self, time: Data) -> list[Value]:
        """What H and the jump operators are multiplied by at a time."""
        hamiltonian, jumps = self.at(time)
        every = [hamiltonian, *(written_out(self.body, each, False) for each in jumps)]
        found = [coefficient for each in every for _, coefficient in each.terms]
        return [part for each in found if each is not None for part in each]

    def _operator(self, operator: Operator | Inline, time: Data | None) -> Operator:
        if isinstance(operator, Operator):
            return operator
        assert time is not None
        found = applied(self.body, operator, [time], self.node.span, self.body.staged)
        assert isinstance(found, Operator)
        return found


def equation_of(body: Body, node: typed.Quantum, place: int = 0) -> Equation:
    """What drives a state; H is the argument at that place."""
    options = dict(node.options)
    hamiltonian = body.staged(node.arguments[place])
    loss = body.staged(options["loss"]) if "loss" in options else Many(())
    scale = body.static(options["scale"])
    assert isinstance(hamiltonian, Operator | Inline)
    assert isinstance(loss, Many | Inline)
    assert scale is not None
    return Equation(body, hamiltonian, loss, complex(scale), node, node.arguments[place].span)


def generator_of(body: Body, equation: Equation, spaces: Sequence[Space], is_density: bool) -> Generator:
    """The constant matrices; what is computed for the coefficients is forgotten."""
    with body.inside(Builder(span=body.b.span)):
        time = Data(TIME, (body.constant(0.0),)) if equation.depends_on_time else None
        if time is not None:
            body.known.pop(time.value)
        hamiltonian, jumps = equation.at(time)
        span = equation.span
        for operator in (hamiltonian, *jumps):
            check_spaces(operator, spaces, span)
        if not is_hermitian(body, hamiltonian):
            raise h_not_hermitian(span)
        return generator(
            [_term(body, *each) for each in hamiltonian.terms],
            [_jump(body, each) for each in jumps],
            spaces,
            is_density,
        )


def _few_terms(body: Body, jump: Operator) -> Operator:
    """A computed matrix of two levels as terms; of more, each element with each other one would be too much."""
    return written_out(body, jump, False) if size_of(tuple(jump.spaces)) <= TERMS_UP_TO else jump


def _jump(body: Body, jump: Operator) -> Jump:
    return Computed(jump.spaces) if jump.dense is not None else [_term(body, *each) for each in jump.terms]


def _term(body: Body, pattern: object, coefficient: Coefficient | None) -> Term:
    from qdsl.lang.quantum.pattern import Sum

    assert isinstance(pattern, Sum)
    if coefficient is None:
        return Term(pattern, is_constant=True)
    return Term(pattern, coefficient[0] not in body.zeros, coefficient[1] not in body.zeros)


def weights_of(body: Body, generator: Generator, equation: Equation, time: Data | None) -> list[Weighted]:
    """The matrices with the core values that they are multiplied by."""
    hamiltonian, jumps = equation.at(time)
    return [(_weight(body, weight, hamiltonian, jumps), matrix) for weight, matrix in generator.maps]


def _of_matrix(body: Body, weight: OfMatrix, jump: Operator) -> Value:
    """The elements of what the jump operator does, as an array."""
    matrix = matrix_of(dense_of(body, jump, weight.spaces))
    tables = [*pairs(size_of(weight.spaces)), weight.rows, weight.columns]
    given = [Data(types.Array(types.INT, (len(each),)), (body.b.table(each.tolist(), element=INT),)) for each in tables]
    return called(
        body, "dissipator", [matrix, *given], types.Array(types.SCALAR, (len(weight.rows),)), DISSIPATORS
    ).value


def _weight(body: Body, weight: Weight, hamiltonian: Operator, jumps: Sequence[Operator]) -> Value | None:
    if isinstance(weight, One):
        return None
    if isinstance(weight, OfH):
        coefficient = hamiltonian.terms[weight.term][1]
        return None if coefficient is None else coefficient[0 if weight.part is Part.RE else 1]
    if isinstance(weight, OfMatrix):
        return _of_matrix(body, weight, jumps[weight.jump])
    terms = jumps[weight.jump].terms
    left, right = terms[weight.left][1], terms[weight.right][1]
    if weight.left == weight.right:
        return None if left is None else size_squared(body, left)
    one = body.constant(1.0), body.zero()
    product = mul(body, left or one, conj(body, right or one))
    return product[0 if weight.part is Part.RE else 1]
