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
from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import conj, mul, size_squared
from qdsl.lang.core.lower_dense import written_out
from qdsl.lang.core.lower_errors import h_not_hermitian
from qdsl.lang.core.lower_inline import applied
from qdsl.lang.core.lower_operators import scaled
from qdsl.lang.core.lower_states import check_spaces
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Weighted
from qdsl.lang.core.staged import Coefficient, Inline, Many, Operator
from qdsl.lang.quantum.generator import Generator, OfH, One, Part, Term, Weight, generator
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.generators import TIME
from qdsl.lang.typed.spaces import Space


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
        """H, as a rate, and the jump operators at a time."""
        hamiltonian = self._operator(self.hamiltonian, time)
        many = self.jumps
        if isinstance(many, Inline):
            assert time is not None
            found = applied(self.body, many, [time], self.node.span, self.body.staged)
            assert isinstance(found, Many)
            many = found
        jumps = [written_out(self.body, each, False) for each in many.elements if isinstance(each, Operator)]
        return scaled(self.body, written_out(self.body, hamiltonian, True), self.scale), jumps

    def coefficients(self, time: Data) -> list[Value]:
        """What H and the jump operators are multiplied by at a time."""
        hamiltonian, jumps = self.at(time)
        found = [coefficient for each in (hamiltonian, *jumps) for _, coefficient in each.terms]
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
            [[_term(body, *each) for each in jump.terms] for jump in jumps],
            spaces,
            is_density,
        )


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


def _weight(body: Body, weight: Weight, hamiltonian: Operator, jumps: Sequence[Operator]) -> Value | None:
    if isinstance(weight, One):
        return None
    if isinstance(weight, OfH):
        coefficient = hamiltonian.terms[weight.term][1]
        return None if coefficient is None else coefficient[0 if weight.part is Part.RE else 1]
    terms = jumps[weight.jump].terms
    left, right = terms[weight.left][1], terms[weight.right][1]
    if weight.left == weight.right:
        return None if left is None else size_squared(body, left)
    one = body.constant(1.0), body.zero()
    product = mul(body, left or one, conj(body, right or one))
    return product[0 if weight.part is Part.RE else 1]
