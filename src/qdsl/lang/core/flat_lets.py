"""An experiment with its lets in a row: functions that evolve are written out, and each evolution is a let of its own.

    let p = excited(f, tau)                      let f' = f
                                                 let t' = tau
    fn excited(f: Frequency, t: Time)      =>    let state = evolve(2pi * f' * X(q), |0>(q), t')
        = expect(P(q, 1), evolve(..))            let p = expect(P(q, 1), state)

In: an experiment. Out: one that means the same, whose evolutions can be told apart (`core.segments`); None where
nothing evolves. What is done only under a condition, or several times, stays where it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from qdsl.lang.core.instantiate import instantiated
from qdsl.lang.core.layout import shape_of
from qdsl.lang.core.lower_effects import Effects, Node, walk
from qdsl.lang.core.replaced import with_distribution, with_parts
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dynamics_calls import DYNAMICS

COSTLY = frozenset([*DYNAMICS, "eigenvalues", "eigenvectors"])
"""Operations that are worth being done once for many rows."""

E = TypeVar("E", bound=typed.Expr)

STAYS = (typed.Lambda, typed.Comprehension, typed.Constant, typed.Local, typed.FunctionValue, typed.SpaceValue)


def flattened(experiment: typed.Experiment) -> typed.Experiment | None:
    """The experiment with its lets in a row, if something in it evolves."""
    costs = Costs()
    if not has_any(experiment, costs):
        return None
    flat = _Flattening(costs)
    for let in experiment.lets:
        flat.let(let)
    measures = tuple(with_distribution(each, flat.distribution) for each in experiment.measures)
    return replace(experiment, lets=tuple(flat.lets), measures=measures)


def has_states(experiment: typed.Experiment) -> bool:
    """Whether there are states or operators in the model."""
    return has_any(experiment, Costs(None))


def has_any(experiment: typed.Experiment, costs: Costs) -> bool:
    nodes: list[Node] = [*experiment.lets, *(measure.distribution for measure in experiment.measures)]
    return any(map(costs.has, nodes))


class Costs:
    """Which pieces of a program evolve something, themselves or in the functions that they call; or do any of other
    `operations`, with None for all.
    """

    def __init__(self, operations: frozenset[str] | None = COSTLY) -> None:
        self.operations = operations
        self.known: dict[typed.Function, bool] = {}

    def has(self, node: Node) -> bool:
        return any(self._is_costly(each) for each in walk(node))

    def _is_costly(self, node: Node) -> bool:
        match node:
            case typed.Quantum(name=name):
                return self.operations is None or name in self.operations
            case typed.Call(function=function) | typed.FunctionValue(function=function):
                return self.of(function)
            case typed.Local(variable=typed.Variable(value=typed.Expr() as value)):
                return self.has(value)
            case _:
                return False

    def of(self, function: typed.Function) -> bool:
        if function not in self.known:
            self.known[function] = False  # of a function that calls itself, what it is beside that
            self.known[function] = function.body is not None and self.has(function.body)
        return self.known[function]


class _Flattening:
    """`lets` are those so far."""

    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self.effects = Effects()
        self.lets: list[typed.Let] = []
        self.inside: list[typed.Function] = []

    def let(self, let: typed.Let) -> None:
        if isinstance(let.value, typed.Quantum) and let.value.name == "evolve":
            self.lets.append(replace(let, value=self._parts(let.value)))
        else:
            self.lets.append(replace(let, value=self.expr(let.value)))

    def distribution(self, distribution: typed.DistributionValue) -> typed.DistributionValue:
        arguments = tuple(None if each is None else self.expr(each) for each in distribution.arguments)
        return replace(distribution, arguments=arguments)

    def expr(self, node: typed.Expr) -> typed.Expr:
        """The expression with what evolves in it taken out in front."""
        if isinstance(node, STAYS) or not self.costs.has(node):
            return node
        match node:
            case typed.Block():
                return self._block(node)
            case typed.If(condition=condition):
                return replace(node, condition=self.expr(condition))
            case typed.Logic(left=left):
                return replace(node, left=self.expr(left))
            case typed.Call(function=function) if self._can_be_written_out(node):
                return self._written_out(node)
            case typed.Call(function=function) if self.costs.of(function) and not any(node.mapped):
                return self._bound(self._parts(node))
            case typed.Quantum(name=name) if name in COSTLY:
                return self._bound(self._parts(node))
            case _:
                return self._parts(node)

    def _block(self, node: typed.Block) -> typed.Expr:
        """Its lets become lets of the experiment, if it has nothing else."""
        is_plain = all(isinstance(each, typed.Let) and not each.variable.is_mutable for each in node.statements)
        if not is_plain or node.value is None or self.effects.of(node).leaves:
            return self._bound(node)
        for each in node.statements:
            assert isinstance(each, typed.Let)
            self.let(each)
        return self.expr(node.value)

    def _can_be_written_out(self, node: typed.Call) -> bool:
        function = node.function
        if function.body is None or any(node.mapped) or not self.costs.of(function) or function in self.inside:
            return False
        return not self.effects.of(function.body).leaves and not _names_lengths(function)

    def _written_out(self, node: typed.Call) -> typed.Expr:
        parameters, body = instantiated(node.function, [each.type for each in node.arguments])
        for parameter, argument in zip(parameters, node.arguments, strict=True):
            self.let(typed.Let(node.span, parameter, argument))
        self.inside.append(node.function)
        found = self.expr(body)
        self.inside.pop()
        return found

    def _bound(self, value: typed.Expr) -> typed.Expr:
        variable = typed.Variable("value", value.type, value.span)
        self.lets.append(typed.Let(value.span, variable, value))
        return typed.Local(value.span, value.type, variable)

    def _parts(self, node: E) -> E:
        return with_parts(node, self.expr)


def _names_lengths(function: typed.Function) -> bool:
    """Whether a call has to compare lengths: `fn f(a: [A; n], b: [B; n])`."""
    return any(isinstance(length, str) for each in function.parameters for length in shape_of(each.type))
